import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";
import { systemProgram } from "../../../scripts/system-program.mjs";
import { roomSlug } from "../contract/spelling.ts";
import { password } from "./running-chat.ts";

/** Loads of a page in which a proxy must have led to another node. */
const maxReloads = 10;

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

  /** Opens what is shown here in another tab of the same browser. */
  async openTab(): Promise<Person> {
    const tab = new Person(this.context, await this.context.newPage());
    await tab.page.goto(this.page.url());
    await tab.isLive();
    return tab;
  }

  /** Signs in, or up, with the password of everybody in the tests. */
  async enterName(name: string): Promise<void> {
    await this.page.getByLabel("Name", { exact: true }).fill(name);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Come in" }).click();
  }

  async isLive(): Promise<void> {
    await this.page.getByRole("status", { name: "Connection: Live" }).waitFor();
  }

  /** The node that carries the conversation that is shown. */
  async node(): Promise<string> {
    const title = await this.page.getByRole("status", { name: "Connection: Live" }).getAttribute("title");
    const node = /^Live through (\S+)$/.exec(title ?? "")?.[1];
    if (node === undefined) throw new Error(`The page does not say which node it is on, but ${title}.`);
    return node;
  }

  /** Loads the page anew until another node carries its conversation than somebody else's. */
  async isApartFrom(other: Person): Promise<void> {
    const avoided = await other.node();
    for (let attempt = 0; attempt < maxReloads; attempt++) {
      if ((await this.node()) !== avoided) return;
      await this.page.reload();
      await this.isLive();
    }
    throw new Error(`The proxy led to ${avoided} each time.`);
  }

  get box(): Locator {
    return this.page.getByRole("textbox", { name: /^Message to/ });
  }

  /** Writes and sends, and waits until the server has confirmed it. */
  async say(text: string): Promise<void> {
    await this.write(text);
    await this.hasSent(text);
  }

  /** Waits until a message is shown and the server has confirmed it. */
  async hasSent(text: string): Promise<void> {
    await this.message(text).waitFor();
    await this.hasSentAll();
  }

  /** Waits until the server has confirmed all that is shown. */
  async hasSentAll(): Promise<void> {
    await this.page.locator('.bubble[data-pending="true"]').first().waitFor({ state: "detached" });
  }

  /** Writes and sends, without waiting for anything: there may be no connection. */
  async write(text: string): Promise<void> {
    await this.box.fill(text);
    await this.box.press("Enter");
  }

  /** Opens the conversation with somebody, found by name. */
  async writeTo(name: string): Promise<void> {
    await this.page.getByRole("button", { name: "Find people" }).click();
    const dialog = this.page.getByRole("dialog", { name: "Write to somebody" });
    await dialog.getByRole("searchbox", { name: "Find people" }).fill(name);
    await dialog.getByRole("link", { name: `Write to ${name}`, exact: true }).click();
    await this.isIn(`Direct messages with ${name}`);
  }

  /** Makes a room, and ends in it. */
  async createRoom(name: string, { isPrivate = false }: { readonly isPrivate?: boolean } = {}): Promise<void> {
    await this.page.getByRole("button", { name: "Create a room" }).click();
    const dialog = this.page.getByRole("dialog", { name: "Create a room" });
    await dialog.getByLabel("Name", { exact: true }).fill(name);
    await dialog.getByRole("checkbox", { name: "Private" }).setChecked(isPrivate);
    await dialog.getByRole("button", { name: "Create", exact: true }).click();
    await dialog.waitFor({ state: "hidden" });
    await this.isIn(`Room ${roomSlug(name)}`);
  }

  /** Opens a public room that one is not in yet, and joins it. */
  async joinRoom(name: string): Promise<void> {
    await this.link(name).click();
    await this.page.getByRole("button", { name: `Join #${name}` }).click();
    await this.isIn(`Room ${name}`);
  }

  /** Invites somebody to the room that is open. */
  async invite(name: string): Promise<void> {
    const room = this.page.getByRole("complementary", { name: "Who is here" });
    await room.getByRole("button", { name: "Invite people" }).click();
    const dialog = this.page.getByRole("dialog", { name: /^Invite to / });
    await dialog.getByRole("searchbox").fill(name);
    await dialog.getByRole("button", { name: `Invite ${name}`, exact: true }).click();
    await dialog.getByText("Invited", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Done" }).click();
  }

  /** Waits until a conversation is shown and live: "Room lobby", "Direct messages with Ann". */
  async isIn(place: string): Promise<void> {
    await this.page.getByRole("main", { name: place, exact: true }).waitFor();
    await this.box.waitFor();
    await this.isLive();
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

  /** What was announced, where it stands: the dialog in which it was written may still hold the same text. */
  announcement(text: string): Locator {
    return this.page.getByRole("log", { name: "Announcements" }).getByText(text);
  }

  /** A message with exactly this text. */
  message(text: string): Locator {
    return this.page.getByRole("region", { name: /^Messages in / }).getByText(text, { exact: true });
  }

  /** What stands below a message of one's own: "Sending…", "Delivered". */
  note(text: string): Locator {
    return this.page.locator(".message-note").getByText(text, { exact: true });
  }

  /** The texts of all messages on the page, in their order. */
  async texts(): Promise<readonly string[]> {
    return this.page.locator(".bubble").allInnerTexts();
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
