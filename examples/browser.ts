import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { serveExamples, type ServedExamples } from "./serve-examples.ts";

/** Text that would do something if a page took it for HTML. */
export const asHtml = `<img src=x onerror="document.title='broken'"><b>bold</b> </script>`;

const WAIT_MS = 10_000;

/** Somebody who looks at an example, in a browser profile of their own: nothing is shared but the server. */
export class Visitor {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Fills in fields by their labels, and presses a button. */
  async submit(fields: Readonly<Record<string, string>>, button: string): Promise<void> {
    for (const [label, value] of Object.entries(fields)) await this.page.getByLabel(label, { exact: true }).fill(value);
    await this.page.getByRole("button", { name: button, exact: true }).click();
  }

  /** The lines the page shows now. */
  async lines(): Promise<string[]> {
    return this.page.locator("#log li").allTextContents();
  }

  /** Waits until the page shows exactly these lines, each as text. */
  async sees(...lines: readonly string[]): Promise<void> {
    await expect.poll(() => this.lines(), { timeout: WAIT_MS }).toEqual(lines);
    expect(await this.page.locator("#log li *").count(), "elements in the lines").toBe(0);
  }

  /** Waits until the page says this about its connection. */
  async is(state: string): Promise<void> {
    await this.page.getByRole("status").getByText(state).waitFor({ timeout: WAIT_MS });
  }
}

/** What is unusual about an example, or the browser. */
export interface BrowserOptions {
  /** Makes every browser another than Chromium as it comes. */
  readonly prepare?: (context: BrowserContext) => Promise<unknown>;
  /** What a page says that may be used. @default "connected" */
  readonly readyState?: string;
}

/** One visitor for each query. */
type Visitors<Queries extends readonly string[]> = { [Q in keyof Queries]: Visitor };

/**
 * Serves one example to a real Chromium for the tests of a file.
 *
 * @returns what opens its page once for each query, and waits until all are ready. A page that throws fails its test.
 */
export function inBrowser(
  name: string,
  { prepare, readyState = "connected" }: BrowserOptions = {},
): <const Queries extends readonly string[]>(...queries: Queries) => Promise<Visitors<Queries>> {
  let browser: Browser;
  let served: ServedExamples;
  const thrown: Error[] = [];

  const visit = async (query: string): Promise<Visitor> => {
    const context = await browser.newContext();
    await prepare?.(context);
    const page = await context.newPage();
    page.on("pageerror", (error) => thrown.push(error));
    await page.goto(served.url + query);
    const visitor = new Visitor(page);
    await visitor.is(readyState);
    return visitor;
  };

  // Several windows at a time, on a machine that may have much else to do.
  vi.setConfig({ testTimeout: 3 * WAIT_MS });
  beforeAll(async () => {
    served = await serveExamples([name], 0);
    browser = await chromium.launch({ executablePath: process.env["CHROMIUM_PATH"] ?? "", args: ["--no-sandbox"] });
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(thrown.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.[Symbol.asyncDispose]();
  });

  // One visitor for each query is what `map` gives; the compiler knows it only as a list.
  return async (...queries) => (await Promise.all(queries.map(visit))) as Visitors<typeof queries>;
}
