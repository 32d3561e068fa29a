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

describe("the connection state", { timeout: 40_000 }, () => {
  test("says when there is no network, keeps what is written, and what was missed is there on return", async () => {
    await using chat = await startChat(page);
    await using ann = await Person.signIn(browser, chat.url, { name: "Ann" });
    await using bea = await Person.signIn(browser, chat.url, { name: "Bea" });
    await bea.say("before");
    await ann.message("before").waitFor();

    await ann.context.setOffline(true);
    await ann.page.getByRole("status", { name: "Connection: Waiting" }).waitFor();
    await ann.page.getByRole("alert").getByText("You are offline.").waitFor();
    await bea.page.getByRole("complementary", { name: "Who is here" }).getByText("Ann").waitFor({ state: "detached" });
    await bea.say("while Ann was away");
    await ann.box.fill("not yet");
    await ann.box.press("Enter");
    await ann.page.getByText("You can send this when you are live again.").waitFor();

    await ann.context.setOffline(false);
    await ann.isLive();
    await ann.message("while Ann was away").waitFor();
    expect(await ann.message("before").count()).toBe(1);
    await ann.box.press("Enter");
    await bea.message("not yet").waitFor();
    await bea.say("welcome back");
    await ann.message("welcome back").waitFor();
  });

  test("says when the connection breaks, and comes back by itself", async () => {
    await using chat = await startChat(page);
    await using ann = await Person.signIn(browser, chat.url, { name: "Ann" });
    await using bea = await Person.signIn(browser, chat.url, { name: "Bea" });
    const sawWaiting = ann.page.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    chat.cutConnections();
    await sawWaiting;
    await ann.isLive();
    await bea.isLive();
    await ann.say("still here");
    await bea.message("still here").waitFor();
  });

  test("gives a message that was lost on the way back to its writer, and does not keep it as sent", async () => {
    await using chat = await startChat(page);
    await using ann = await Person.signIn(browser, chat.url, { name: "Ann" });
    let breakNow = (): void => undefined;
    let isBroken = false;
    await ann.page.routeWebSocket(/\/rooms\//, (socket) => {
      const server = socket.connectToServer();
      // Like a network that has gone without a word: what is sent then arrives nowhere.
      socket.onMessage((frame) => {
        if (!isBroken) server.send(frame);
      });
      breakNow = () => void socket.close({ code: 1012 });
    });
    await ann.page.reload();
    await ann.isLive();
    isBroken = true;
    await ann.box.fill("into the void");
    await ann.box.press("Enter");
    await ann.page.locator(".bubble[data-pending]").getByText("into the void").waitFor();
    breakNow();
    isBroken = false;
    await ann.page.getByText("Your last message was not delivered.").waitFor();
    await ann.isLive();
    expect(await ann.message("into the void").count()).toBe(0);
    expect(await ann.box.inputValue()).toBe("into the void");
    await ann.box.press("Enter");
    await ann.message("into the void").waitFor();
    await ann.page.locator(".bubble[data-pending]").waitFor({ state: "detached" });
  });

  test("asks to sign in again when the server has started anew and knows nobody", async () => {
    const first = await startChat(page);
    const port = Number(new URL(first.url).port);
    await using ann = await Person.signIn(browser, first.url, { name: "Ann" });
    const sawWaiting = ann.page.getByRole("alert").getByText("The server is restarting.").waitFor();
    await first[Symbol.asyncDispose]();
    await sawWaiting;
    await using _second = await startChat(page, port);
    await ann.page.getByText("The server does not know you any more.").waitFor({ timeout: 25_000 });
    await ann.enterName("Ann");
    await ann.isLive();
    await ann.say("and on it goes");
  });
});
