import type { Locator } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { Person } from "../people.ts";
import { password } from "../running-chat.ts";
import { eventually, setStage } from "../stage.ts";

const stage = setStage();

/** More than there are stops on any page here. */
const maxStops = 60;

async function isFocused(element: Locator): Promise<boolean> {
  return (await element.count()) === 1 && element.evaluate((found) => found === document.activeElement);
}

/** Whether somebody can see where they are: a line around what has the focus, or around what that is in. */
async function seesFocus({ page }: Person): Promise<boolean> {
  return page.evaluate(() => {
    for (let at = document.activeElement; at !== null && at !== document.body; at = at.parentElement) {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at);
      if (outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0) return true;
      // A shadow that is a line: neither moved nor blurred, and wider than what it is around.
      if (/ 0px 0px 0px [1-9]/.test(boxShadow)) return true;
    }
    return false;
  });
}

/** Goes on with the Tab key until something has the focus, which is seen there. */
async function reach(person: Person, element: Locator, key: "Tab" | "Shift+Tab" | "ArrowDown" = "Tab"): Promise<void> {
  await element.waitFor({ state: "attached" });
  for (let stop = 0; stop < maxStops; stop++) {
    if (await isFocused(element)) {
      expect(await seesFocus(person), `the focus on ${element.toString()}`).toBe(true);
      return;
    }
    await person.page.keyboard.press(key);
  }
  throw new Error(`The ${key} key does not lead to ${element.toString()}.`);
}

async function press({ page }: Person, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Signs in, or up, without the mouse. */
async function signInByKeys(person: Person, name: string): Promise<void> {
  const { page } = person;
  await eventually(() => isFocused(page.getByLabel("Name", { exact: true }))).toBe(true);
  await page.keyboard.type(name);
  await reach(person, page.getByLabel("Password", { exact: true }));
  await page.keyboard.type(password);
  await press(person, "Enter");
  await person.isIn("Room lobby");
}

function button({ page }: Person, name: string): Locator {
  return page.getByRole("button", { name, exact: true });
}

describe("the keyboard alone is enough", { timeout: 60_000 }, () => {
  test("to sign in, write, change and delete, and to sign out", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.visit(chat);
    const { page } = ann;
    await signInByKeys(ann, "Ann");
    await eventually(() => isFocused(ann.box)).toBe(true);
    await page.keyboard.type("in two lins");
    await press(ann, "Shift+Enter");
    await page.keyboard.type("of text");
    await press(ann, "Enter");
    await ann.hasSent("in two lins of text");

    await press(ann, "ArrowUp");
    const editing = page.getByRole("textbox", { name: "Edit your message" });
    await eventually(() => isFocused(editing)).toBe(true);
    await press(ann, "ControlOrMeta+a");
    await page.keyboard.type("in one line");
    await press(ann, "Enter");
    await ann.message("in one line").waitFor();
    await ann.note("edited").waitFor();
    await eventually(() => isFocused(ann.box)).toBe(true);
    await press(ann, "ArrowUp", "Escape");
    await eventually(() => isFocused(ann.box)).toBe(true);

    await reach(ann, button(ann, "Message menu"), "Shift+Tab");
    await press(ann, "Enter");
    await eventually(() => isFocused(page.getByRole("menuitem", { name: "Edit" }))).toBe(true);
    await press(ann, "ArrowDown", "Enter");
    const dialog = page.getByRole("dialog", { name: "Delete this message?" });
    await reach(ann, dialog.getByRole("button", { name: "Delete" }));
    await press(ann, "Enter");
    await ann.message("This message was deleted").waitFor();
    // Its menu has gone, and the focus with it: one is back where one writes.
    await eventually(() => isFocused(ann.box)).toBe(true);

    await reach(ann, button(ann, "Account"));
    await press(ann, "Enter");
    await eventually(() => isFocused(page.getByRole("menuitem", { name: "Sign out", exact: true }))).toBe(true);
    await press(ann, "Enter");
    await eventually(() => isFocused(page.getByLabel("Name", { exact: true }))).toBe(true);
  });

  test("to make a room, leave it, and find somebody to write to", async () => {
    await using chat = await stage.startChat();
    await using bea = await stage.signIn(chat, "Bea");
    await using ann = await stage.visit(chat);
    const { page } = ann;
    await signInByKeys(ann, "Ann");
    await reach(ann, button(ann, "Create a room"));
    await press(ann, "Enter");
    const creating = page.getByRole("dialog", { name: "Create a room" });
    await reach(ann, creating.getByLabel("Name", { exact: true }));
    await page.keyboard.type("harbour");
    await reach(ann, creating.getByRole("checkbox", { name: "Private" }));
    await press(ann, "Space");
    await reach(ann, creating.getByRole("button", { name: "Create", exact: true }));
    await press(ann, "Enter");
    await ann.isIn("Room harbour");
    await page.getByRole("heading", { name: "harbour (private)" }).waitFor();
    await reach(ann, ann.box);
    await page.keyboard.type("just me");
    await press(ann, "Enter");
    await ann.message("just me").waitFor();

    await reach(ann, button(ann, "Room menu"));
    await press(ann, "Enter");
    await eventually(() => isFocused(page.getByRole("menuitem").first())).toBe(true);
    // Up from the first is the last.
    await press(ann, "ArrowUp");
    await eventually(() => isFocused(page.getByRole("menuitem", { name: "Leave the room" }))).toBe(true);
    await press(ann, "Enter");
    const leaving = page.getByRole("dialog", { name: "Leave #harbour?" });
    await reach(ann, leaving.getByRole("button", { name: "Leave" }));
    await press(ann, "Enter");
    await ann.link("harbour").waitFor({ state: "detached" });

    await reach(ann, button(ann, "Find people"));
    await press(ann, "Enter");
    const finding = page.getByRole("dialog", { name: "Write to somebody" });
    await reach(ann, finding.getByRole("searchbox"));
    await page.keyboard.type("be");
    await finding.getByText("1 found.").waitFor();
    await reach(ann, finding.getByRole("link", { name: "Write to Bea" }));
    await press(ann, "Enter");
    await ann.isIn("Direct messages with Bea");
    await reach(ann, ann.box);
    await page.keyboard.type("found you");
    await press(ann, "Enter");
    await reach(bea, bea.link("Ann 1 unread"));
    await press(bea, "Enter");
    await bea.message("found you").waitFor();
  });

  test("to announce something to everybody, and to put it away", async () => {
    await using chat = await stage.startChat();
    await using admin = await stage.visit(chat);
    await signInByKeys(admin, "admin");
    await reach(admin, button(admin, "Announce"));
    await press(admin, "Enter");
    const dialog = admin.page.getByRole("dialog", { name: "Announce to everybody" });
    await reach(admin, dialog.getByRole("textbox"));
    await admin.page.keyboard.type("Lunch is ready");
    await reach(admin, dialog.getByRole("button", { name: "Announce" }));
    await press(admin, "Enter");
    const announcement = admin.announcement("Lunch is ready");
    await announcement.waitFor();
    await eventually(() => isFocused(button(admin, "Announce"))).toBe(true);
    await reach(admin, button(admin, "Dismiss the announcement"));
    await press(admin, "Enter");
    await announcement.waitFor({ state: "detached" });
  });
});

describe("the focus", { timeout: 30_000 }, () => {
  test("returns to where it was when a dialog or a menu closes", async () => {
    await using chat = await stage.startChat();
    await using admin = await stage.signIn(chat, "admin");
    const dialog = admin.page.getByRole("dialog");
    for (const name of ["Announce", "Create a room", "Find people"]) {
      await reach(admin, button(admin, name));
      await press(admin, "Enter");
      await dialog.waitFor();
      await press(admin, "Escape");
      await dialog.waitFor({ state: "detached" });
      await eventually(() => isFocused(button(admin, name))).toBe(true);
    }
    for (const { menu, items } of [
      { menu: "Account", items: ["Sign out everywhere"] },
      { menu: "Room menu", items: ["Invite people", "Change the topic", "Leave the room"] },
    ]) {
      for (const item of items) {
        await reach(admin, button(admin, menu));
        await press(admin, "Enter");
        await reach(admin, admin.page.getByRole("menuitem", { name: item, exact: true }), "ArrowDown");
        await press(admin, "Enter");
        await dialog.waitFor();
        await press(admin, "Escape");
        await dialog.waitFor({ state: "detached" });
        await eventually(() => isFocused(button(admin, menu))).toBe(true);
      }
      await press(admin, "Enter");
      await eventually(() => isFocused(admin.page.getByRole("menuitem").first())).toBe(true);
      await press(admin, "Escape");
      await eventually(() => isFocused(button(admin, menu))).toBe(true);
    }
  });

  test("goes around through everything, forwards and backwards, is always seen, and is caught nowhere", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await ann.say("one");
    await ann.say("two");
    const forwards = await stops(ann, "Tab");
    const backwards = await stops(ann, "Shift+Tab");
    expect(backwards.toReversed()).toEqual(forwards);
    expect(forwards.filter(({ isSeen }) => !isSeen)).toEqual([]);
    const names = forwards.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["Account", "Room menu", "Messages in #lobby", "Message to #lobby"]));
    expect(names.filter((name) => name === "Message menu")).toHaveLength(2);
  });
});

interface Stop {
  readonly name: string;
  readonly isSeen: boolean;
}

/** Every stop from the top of the page until the Tab key leaves it. */
async function stops(person: Person, key: "Tab" | "Shift+Tab"): Promise<readonly Stop[]> {
  const { page } = person;
  // Nothing has the focus: the next stop is the first, or the last.
  await page.evaluate(() => {
    getSelection()?.removeAllRanges();
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    document.body.tabIndex = -1;
    document.body.focus();
  });
  const found: Stop[] = [];
  while (found.length < maxStops) {
    await press(person, key);
    const name = await page.evaluate(() => {
      const { activeElement: at } = document;
      if (at === null || at === document.body) return undefined;
      return at.getAttribute("aria-label") ?? at.textContent;
    });
    if (name === undefined) return found;
    found.push({ name, isSeen: await seesFocus(person) });
  }
  throw new Error(`The ${key} key never leaves the page.`);
}
