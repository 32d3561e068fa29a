import type { BrowserContextOptions, Locator } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { Person } from "../people.ts";
import { eventually, setStage } from "../stage.ts";

const stage = setStage();

const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};

/** What reaches beyond the sides of the screen. */
async function tooWide({ page }: Person): Promise<readonly string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    // What is off the screen on purpose cannot be scrolled to: a page that is too wide can.
    if (document.documentElement.scrollWidth <= width && document.body.scrollWidth <= width) {
      const scrollable = [...document.querySelectorAll("*")].filter((element) => {
        const { overflowX } = getComputedStyle(element);
        return element.scrollWidth > element.clientWidth + 1 && ["auto", "scroll"].includes(overflowX);
      });
      return scrollable.map(({ tagName, className }) => `${tagName}.${className}`);
    }
    return [`the page, by ${document.documentElement.scrollWidth - width} px`];
  });
}

async function isOnScreen(element: Locator): Promise<boolean> {
  return element.evaluate((found) => {
    const { top, bottom, left, right } = found.getBoundingClientRect();
    const middle = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const isWithin = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
    return isWithin && middle !== null && (found.contains(middle) || middle.contains(found));
  });
}

describe("on a phone", { timeout: 40_000 }, () => {
  test("one goes from the list to a conversation and back, and writes there with the keyboard open", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann", phone);
    await using bea = await stage.signIn(chat, "Bea");
    const back = ann.page.getByRole("link", { name: "All conversations" });
    expect(await isOnScreen(ann.box)).toBe(true);
    expect(await ann.link("lobby").isVisible()).toBe(false);
    for (let count = 1; count <= 20; count++) await bea.say(`message ${count}`);
    await eventually(() => isOnScreen(ann.message("message 20"))).toBe(true);

    await back.tap();
    await ann.link("lobby").waitFor();
    await eventually(() => isOnScreen(ann.link("lobby"))).toBe(true);
    expect(await ann.box.isVisible()).toBe(false);
    await bea.say("while you look at the list");
    await ann.link("lobby 1 unread").tap();
    await eventually(() => isOnScreen(ann.message("while you look at the list"))).toBe(true);

    await ann.box.tap();
    // As high as what a keyboard leaves.
    await ann.page.setViewportSize({ width: 390, height: 460 });
    await eventually(() => isOnScreen(ann.box)).toBe(true);
    await eventually(() => isOnScreen(ann.message("while you look at the list"))).toBe(true);
    await ann.say("from my phone");
    await bea.message("from my phone").waitFor();
    await eventually(() => isOnScreen(ann.message("from my phone"))).toBe(true);
    await ann.page.goBack();
    await eventually(() => isOnScreen(ann.link("lobby"))).toBe(true);
  });

  test("one sees who is here, and what one can do with one's own messages, without a mouse", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann", phone);
    await using bea = await stage.signIn(chat, "Bea");
    const here = ann.page.getByRole("complementary", { name: "Who is here" });
    await ann.page.getByRole("button", { name: "Who is here: 2" }).tap();
    await eventually(() => isOnScreen(here.getByRole("link", { name: "Bea" }))).toBe(true);
    await here.getByRole("link", { name: "Bea" }).tap();
    await ann.isIn("Direct messages with Bea");
    await ann.say("for Bea");
    await ann.page.getByRole("button", { name: "Message menu" }).tap();
    await ann.page.getByRole("menuitem", { name: "Delete" }).tap();
    const dialog = ann.page.getByRole("dialog");
    await eventually(() => isOnScreen(dialog.getByRole("button", { name: "Delete" }))).toBe(true);
    await dialog.getByRole("button", { name: "Delete" }).tap();
    await bea.link("Ann").click();
    await bea.message("This message was deleted").waitFor();
  });

  test("nothing is wider than the screen, whatever is written", async () => {
    await using chat = await stage.startChat();
    await using visitor = await stage.visit(chat, phone);
    await visitor.page.getByRole("button", { name: "Come in" }).waitFor();
    expect(await tooWide(visitor)).toEqual([]);
    await using admin = await stage.signIn(chat, "admin", phone);
    const { page } = admin;
    const long = "Donaudampfschiffahrtsgesellschaft".repeat(8);
    await admin.say(long);
    await admin.say(`https://example.org/${long}`);
    await admin.say("W ".repeat(300).trim());
    expect(await tooWide(admin)).toEqual([]);
    await admin.announce(long);
    await admin.announcement(long).waitFor();
    expect(await tooWide(admin)).toEqual([]);
    await page.getByRole("button", { name: "Dismiss the announcement" }).tap();

    await admin.createRoom("w".repeat(32));
    for (const name of ["Invite people", "Change the topic", "Leave the room"]) {
      await page.getByRole("button", { name: "Room menu" }).tap();
      await page.getByRole("menuitem", { name }).tap();
      await page.getByRole("dialog").waitFor();
      expect(await tooWide(admin), name).toEqual([]);
      await page.keyboard.press("Escape");
    }
    await page.getByRole("button", { name: /^Who is here/ }).tap();
    expect(await tooWide(admin), "who is here").toEqual([]);
    await page.getByRole("button", { name: "Close" }).tap();
    await page.getByRole("link", { name: "All conversations" }).tap();
    expect(await tooWide(admin), "list").toEqual([]);
    for (const name of ["Announce", "Create a room", "Find people"]) {
      await page.getByRole("button", { name, exact: true }).tap();
      await page.getByRole("dialog").waitFor();
      expect(await tooWide(admin), name).toEqual([]);
      await page.keyboard.press("Escape");
    }
  });
});
