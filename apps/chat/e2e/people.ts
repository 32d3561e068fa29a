import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";
import { systemProgram } from "../../../scripts/system-program.mjs";

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Opens the system's Chromium. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: systemProgram("chromium"), args: flags });
}

/** Somebody with a browser of their own: cookies and storage are theirs alone. */
export class Person implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What went wrong in the page: errors nobody caught, and what its Content-Security-Policy refused. */
  readonly problems: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on("pageerror", (error) => this.problems.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && /Content.Security.Policy|Trusted/i.test(message.text()))
        this.problems.push(message.text());
    });
    page.setDefaultTimeout(8_000);
  }

  /** Opens the page, not signed in. */
  static async visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", ...options });
    const person = new Person(context, await context.newPage());
    await person.page.goto(url);
    return person;
  }

  /** Opens the page and signs in; ends in the lobby, live. */
  static async signIn(
    browser: Browser,
    url: string,
    { name, ...options }: BrowserContextOptions & { readonly name: string },
  ): Promise<Person> {
    const person = await Person.visit(browser, url, options);
    await person.enterName(name);
    await person.isLive();
    return person;
  }

  async enterName(name: string): Promise<void> {
    await this.page.getByLabel("Your name").fill(name);
    await this.page.getByRole("button", { name: "Come in" }).click();
  }

  async isLive(): Promise<void> {
    await this.page.getByRole("status", { name: "Connection: Live" }).waitFor();
  }

  get box(): Locator {
    return this.page.getByRole("textbox", { name: /^Message to/ });
  }

  /** Writes and sends, and waits until the server has confirmed it. */
  async say(text: string): Promise<void> {
    await this.box.fill(text);
    await this.box.press("Enter");
    await this.message(text).waitFor();
    await this.page.locator(".bubble[data-pending]").waitFor({ state: "detached" });
  }

  /** Opens the admin's dialog and writes, without sending. */
  async writeAnnouncement(text: string): Promise<Locator> {
    const dialog = this.page.getByRole("dialog", { name: "Announce to everybody" });
    const list = this.page.getByRole("link", { name: "All conversations" });
    // On a phone the button is with the list.
    if (await list.isVisible()) await list.click();
    await this.page.getByRole("button", { name: "Announce", exact: true }).click();
    await dialog.getByRole("textbox").fill(text);
    return dialog;
  }

  /** Tells everybody, as the admin. */
  async announce(text: string): Promise<void> {
    const dialog = await this.writeAnnouncement(text);
    await dialog.getByRole("button", { name: "Announce" }).click();
    await dialog.waitFor({ state: "hidden" });
  }

  /** A message with exactly this text. */
  message(text: string): Locator {
    return this.page.getByRole("log", { name: "Messages" }).getByText(text, { exact: true });
  }

  /** The link to a conversation in the sidebar. */
  link(name: string): Locator {
    return this.page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    if (this.problems.length > 0) throw new Error(`The page had problems: ${this.problems.join("; ")}`);
  }
}
