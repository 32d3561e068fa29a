import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, Person } from "./people.ts";
import { buildPage, type BuiltPage, startChat } from "./running-chat.ts";

let page: BuiltPage;
let browser: Browser;

beforeAll(async () => {
  [page, browser] = await Promise.all([buildPage(), openBrowser()]);
}, 60_000);

afterAll(async () => {
  await browser.close();
  await page[Symbol.asyncDispose]();
});

describe("two people in two browsers", { timeout: 30_000 }, () => {
  test("talk in a room, and see who is here", async () => {
    await using chat = await startChat(page);
    await using ann = await Person.signIn(browser, chat.url, { name: "Ann" });
    await using bea = await Person.signIn(browser, chat.url, { name: "Bea" });
    await ann.page.getByRole("complementary", { name: "Who is here" }).getByText("Bea").waitFor();
    await ann.say("Hello, Bea");
    await bea.message("Hello, Bea").waitFor();
    await bea.say("Hello, Ann");
    await ann.message("Hello, Ann").waitFor();
    await bea.page.close();
    await ann.page.getByRole("complementary", { name: "Who is here" }).getByText("Bea").waitFor({ state: "detached" });
  });

  test("talk in private, and a third sees nothing of it", async () => {
    await using chat = await startChat(page);
    await using ann = await Person.signIn(browser, chat.url, { name: "Ann" });
    await using bea = await Person.signIn(browser, chat.url, { name: "Bea O'Hara 🌊" });
    await using cem = await Person.signIn(browser, chat.url, { name: "Cem" });
    await ann.link("Bea").click();
    await ann.say("for your eyes only");
    // Bea looks at the lobby: the message waits for her, counted.
    await bea.link("Ann 1 unread").click();
    await bea.message("for your eyes only").waitFor();
    await bea.say("I keep it to myself");
    await ann.message("I keep it to myself").waitFor();
    // What is said in the lobby afterwards has arrived at Cem, so what is his has too.
    await ann.link("lobby").click();
    await ann.say("to all");
    await cem.message("to all").waitFor();
    expect(await cem.page.content()).not.toContain("for your eyes only");
    expect(await cem.link("Ann").innerText()).not.toContain("unread");
  });

  test("find what was said before they came, also in a room with a name of any script", async () => {
    await using chat = await startChat(page);
    await using ann = await Person.signIn(browser, chat.url, { name: "Ann" });
    await ann.page.getByRole("textbox", { name: "Open or create a room" }).fill("Füße & Schuhe");
    await ann.page.keyboard.press("Enter");
    await ann.page.getByText("A room's name is letters and digits").waitFor();
    await ann.page.getByRole("textbox", { name: "Open or create a room" }).fill("  Füße und Schuhe ");
    await ann.page.keyboard.press("Enter");
    await ann.page.getByRole("main", { name: "Room füße-und-schuhe" }).waitFor();
    await ann.isLive();
    await ann.say("first!");
    await using bea = await Person.signIn(browser, chat.url, { name: "Bea" });
    await bea.link("füße-und-schuhe").click();
    await bea.message("first!").waitFor();
  });

  test("see HTML as the text it is, in messages, names and announcements", async () => {
    const html = `<img src=x onerror="document.title='broken'"><b>bold</b>`;
    await using chat = await startChat(page);
    await using ann = await Person.signIn(browser, chat.url, { name: "<b>Ann</b>" });
    await using bea = await Person.signIn(browser, chat.url, { name: "admin" });
    await ann.say(html);
    await bea.message(html).waitFor();
    await bea.page.getByRole("log", { name: "Messages" }).getByText("<b>Ann</b>").waitFor();
    await bea.announce(html);
    await ann.page.getByRole("log", { name: "Announcements" }).getByText(html).waitFor();
    for (const person of [ann, bea]) {
      expect(await person.page.locator("img, b").count()).toBe(0);
      expect(await person.page.title()).toBe("Solent Chat");
    }
  });

  test("hear what the admin announces wherever they are, and only the admin can", async () => {
    await using chat = await startChat(page);
    await using admin = await Person.signIn(browser, chat.url, { name: "admin" });
    await using ann = await Person.signIn(browser, chat.url, { name: "Ann" });
    await using bea = await Person.signIn(browser, chat.url, { name: "Bea" });
    await ann.link("ideas").click();
    await bea.link("Ann").click();
    await admin.announce("Back in five minutes");
    for (const person of [admin, ann, bea]) {
      await person.page.getByRole("log", { name: "Announcements" }).getByText("Back in five minutes").waitFor();
    }
    expect(await ann.page.getByRole("button", { name: "Announce", exact: true }).count()).toBe(0);
    await ann.page.getByRole("button", { name: "Dismiss the announcement" }).click();
    await ann.page.getByText("Back in five minutes").waitFor({ state: "detached" });
  });

  test("need no mouse", async () => {
    await using chat = await startChat(page);
    await using ann = await Person.visit(browser, chat.url);
    await ann.page.getByLabel("Your name").waitFor();
    const { keyboard } = ann.page;
    await keyboard.type("Ann");
    await keyboard.press("Enter");
    await ann.isLive();
    await keyboard.type("typed at once");
    await keyboard.press("Shift+Enter");
    await keyboard.type("in two lines");
    await keyboard.press("Enter");
    await ann.page
      .getByRole("log", { name: "Messages" })
      .getByText(/typed at once\s+in two lines/)
      .waitFor();
    const focused = (): Promise<string> => ann.page.evaluate(() => document.activeElement?.textContent ?? "");
    for (let step = 0; step < 20 && !(await focused()).includes("random"); step++) await keyboard.press("Shift+Tab");
    await keyboard.press("Enter");
    await ann.page.getByRole("main", { name: "Room random" }).waitFor();
    await ann.isLive();
    await keyboard.type("and here");
    await keyboard.press("Enter");
    await ann.message("and here").waitFor();
  });

  test("count as one with two tabs, and see their own messages in both", async () => {
    await using chat = await startChat(page);
    await using ann = await Person.signIn(browser, chat.url, { name: "Ann" });
    await using bea = await Person.signIn(browser, chat.url, { name: "Bea" });
    const second = await ann.context.newPage();
    await second.goto(`${chat.url}/#/direct/Bea`);
    await second.getByRole("status", { name: "Connection: Live" }).waitFor();
    await ann.link("Bea").click();
    await ann.say("from the first tab");
    await second.getByText("from the first tab").waitFor();
    await second.close();
    await bea.link("Ann 1 unread").click();
    await bea.page.getByText("here now").waitFor();
  });

  test("are told when a direct message finds nobody, and get it back to send later", async () => {
    await using chat = await startChat(page);
    await using ann = await Person.signIn(browser, chat.url, { name: "Ann" });
    await using bea = await Person.signIn(browser, chat.url, { name: "Bea" });
    await ann.link("Bea").click();
    await bea.page.close();
    await ann.page.getByRole("main").getByText("away").waitFor();
    await ann.box.fill("are you there?");
    await ann.box.press("Enter");
    await ann.page.getByText("Bea is not here now, so your message was not delivered.").waitFor();
    expect(await ann.box.inputValue()).toBe("are you there?");
    expect(await ann.message("are you there?").count()).toBe(0);
  });
});
