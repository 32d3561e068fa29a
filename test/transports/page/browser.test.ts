import { fileURLToPath } from "node:url";
import { InMemoryChannelLayer } from "@solent/core";
import { serve, type ServeOptions, type SolentServer } from "@solent/core/node";
import { build } from "esbuild";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HiddenPage } from "./hidden-page.ts";
import type { InPage, Opening } from "./page-script.ts";
import { Log } from "../../support/log.ts";
import { tabs } from "./tab.ts";

const inPage = (globalThis as unknown as { inPage: InPage }).inPage;
const patience = { timeout: 10_000 };
const streams = ["sse", "stream", "poll"] as const;

let browser: Browser;
let script: string;
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("page-script.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    conditions: ["@solent/source"],
  });
  script = outputFiles[0]!.text;
  browser = await chromium.launch({ executablePath: process.env["CHROMIUM_PATH"] ?? "", args: ["--no-sandbox"] });
});
afterAll(() => browser.close());

function site(options: ServeOptions = {}): Promise<SolentServer> {
  const html = `<!doctype html><title>tab</title><script type="module">${script}</script>`;
  const http = (
    _: unknown,
    response: { setHeader(name: string, value: string): void; end(text: string): void },
  ): void => {
    response.setHeader("content-type", "text/html");
    response.setHeader("set-cookie", "who=ann");
    response.end(html);
  };
  const layer = new InMemoryChannelLayer();
  return serve(tabs(http), { port: 0, host: "127.0.0.1", layer, transports: [...streams], ...options });
}

const urlOf = ({ port }: SolentServer): string => `http://127.0.0.1:${port}`;

async function openTab(context: BrowserContext, at: SolentServer, opening: Partial<Opening> = {}): Promise<Page> {
  const page = await context.newPage();
  await page.goto(urlOf(at));
  const all: Opening = { url: `${urlOf(at)}/tab`, transports: ["websocket", "sse", "poll"], ...opening };
  await page.evaluate((given) => inPage.open(given), all);
  return page;
}

const ask = (page: Page, text: string): Promise<readonly string[]> => page.evaluate((given) => inPage.ask(given), text);
const textsOf = (page: Page): Promise<readonly string[]> => page.evaluate(() => inPage.texts);
const statesOf = (page: Page): Promise<readonly string[]> => page.evaluate(() => inPage.states);

const isOpen = (page: Page): Promise<unknown> =>
  expect.poll(async () => (await statesOf(page)).at(-1), patience).toBe("open");

describe("in a browser where no WebSocket gets through", { timeout: 30_000 }, () => {
  test("eight tabs of a site all hear and are heard, though it has six connections for them", async () => {
    await using server = await site({ limits: { heartbeatTimeoutMs: 5_000 } });
    await using context = await browser.newContext();
    const pages = await Promise.all(Array.from({ length: 8 }, () => openTab(context, server)));
    await Promise.all(pages.map(isOpen));
    const answers = await Promise.all(pages.map((page, n) => ask(page, `${n}`)));
    const waitingTabs = answers.filter(([transport]) => transport === "sse");
    expect([waitingTabs.length, answers.length]).toEqual([4, 8]);
    const all = pages.map((_, n) => `${n}`);
    for (const page of pages) await expect.poll(async () => (await textsOf(page)).toSorted(), patience).toEqual(all);
    // What they leave is there for others.
    await Promise.all(pages.slice(1).map((page) => page.close()));
    await expect.poll(() => server.connectionCount, patience).toBe(1);
    const another = await openTab(context, server);
    expect(await ask(another, "more")).toEqual(["sse", "who=ann"]);
  });

  test.each(streams)("a page that was frozen until the server gave it up comes back, over %s", async (transport) => {
    await using server = await site({ limits: { heartbeatIntervalMs: 100, heartbeatTimeoutMs: 300 } });
    let sent = 0;
    server.http.on("request", ({ url = "" }) => void (sent += Number(url.endsWith("~solent=send"))));
    await using page = await HiddenPage.open(browser, urlOf(server));
    const opening: Opening = { url: `${urlOf(server)}/tab`, transports: [transport] };
    const told = (text: string): Promise<unknown> => page.evaluate(`inPage.ask("${text}")`);
    await expect.poll(() => page.evaluate("typeof inPage"), patience).toBe("object");
    await page.evaluate(`inPage.open(${JSON.stringify(opening)})`);
    expect(await told("before")).toEqual([transport, "who=ann"]);
    // With more requests than it has messages it has answered pings; one that polls answers by that.
    await expect.poll(() => sent, patience).toBeGreaterThan(transport === "poll" ? 0 : 3);
    await page.freeze();
    await expect.poll(() => server.connectionCount, patience).toBe(0);
    await page.resume();
    await expect
      .poll(() => page.evaluate("inPage.states"), patience)
      .toEqual(["open", "waiting", "connecting", "open"]);
    expect(await told("after")).toEqual([transport, "who=ann"]);
    await expect.poll(() => page.evaluate("inPage.texts"), patience).toEqual(["before", "after"]);
  });

  test.each(streams)(
    "a page of another origin connects with its cookies and a token where it may, over %s",
    async (transport) => {
      await using pages = await site();
      await using server = await site({ origins: [urlOf(pages)] });
      await using strict = await site({ origins: ["https://partner.example"], logger: new Log() });
      await using context = await browser.newContext();
      const opening = { transports: [transport], token: "abc" };
      const allowed = await openTab(context, pages, { ...opening, url: `${urlOf(server)}/tab` });
      expect(await ask(allowed, "hello")).toEqual([transport, "who=ann"]);
      await expect.poll(() => textsOf(allowed), patience).toEqual(["hello"]);
      const refused = await openTab(context, pages, { ...opening, url: `${urlOf(strict)}/tab` });
      await expect.poll(() => statesOf(refused), patience).toEqual(["closed", "4403 server"]);
      expect(strict.connectionCount).toBe(0);
    },
  );
});
