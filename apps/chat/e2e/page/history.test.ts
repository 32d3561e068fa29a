import type { BrowserContextOptions, Locator } from "playwright-core";
import { describe, expect, test } from "vitest";
import { fillLobby, noonZone, textOfLine } from "./long-history.ts";
import type { Person } from "../people.ts";
import { cookieOf, type RunningChat, temporaryDatabase } from "../running-chat.ts";
import { ScrollWatch } from "./scroll-watch.ts";
import { eventually, setStage } from "../stage.ts";

const lines = 10_000;
const linesOfDay = 250;
/** How far Bea has read; Ann has read everything. */
const readByBea = 120;

const stage = setStage();

/** A server on a database that was filled before it started. */
async function startFilled(): Promise<RunningChat> {
  const data = await temporaryDatabase();
  {
    await using empty = await stage.startChat(data);
    for (const name of ["Ann", "Bea"]) await cookieOf(empty, name);
  }
  await fillLobby({ ...data, lines, linesOfDay, readTo: { Ann: lines, Bea: readByBea } });
  const chat = await stage.startChat(data);
  return {
    ...chat,
    [Symbol.asyncDispose]: async () => {
      await chat[Symbol.asyncDispose]();
      await data[Symbol.asyncDispose]();
    },
  };
}

/** A high screen, on which it is noon. */
function asInHistory(): BrowserContextOptions {
  return { timezoneId: noonZone(), viewport: { width: 1280, height: 1_300 } };
}

/** Somebody at the end of the lobby. */
async function enter(chat: RunningChat, name: string): Promise<Person> {
  const person = await stage.signIn(chat, name, asInHistory());
  await person.message(textOfLine(lines)).waitFor();
  return person;
}

function list(person: Person): Locator {
  return person.page.getByRole("region", { name: "Messages in #lobby" });
}

/** Whether a line is where one can read it. */
async function isInSight(person: Person, text: string): Promise<boolean> {
  return person.message(text).evaluate((element) => {
    const box = element.closest('[role="region"]')?.getBoundingClientRect();
    const { top, bottom } = element.getBoundingClientRect();
    return box !== undefined && top >= box.top && bottom <= box.bottom;
  });
}

describe("a room with 10,000 messages", { timeout: 30_000 }, () => {
  test("scrolls up through page after page, smoothly, and what one reads moves as the wheel does", async () => {
    await using chat = await startFilled();
    await using ann = await enter(chat, "Ann");
    const watch = await ScrollWatch.begin(ann.page);
    // Farther than the page keeps lines: the newest are let go on the way.
    const seen = await watch.wheel(-500, ({ moved }) => moved > 50_000);
    expect(seen.isLost).toBe(false);
    expect(seen.mostUp).toBeLessThan(5);
    expect(seen.mostElements).toBeLessThan(1_500);
    // Generous, for a machine that does other things too.
    expect(seen.longestTaskMs).toBeLessThan(500);
    expect(seen.middleFrameMs).toBeLessThan(100);
    expect(seen.days.slice(0, 3)).toEqual(["Today", "Yesterday", dayBeforeYesterday()]);

    await ann.page.getByRole("button", { name: "Jump to the newest" }).click();
    await eventually(async () => isInSight(ann, textOfLine(lines))).toBe(true);
    await ann.page.getByRole("button", { name: "Jump to the newest" }).waitFor({ state: "detached" });
  });

  test("scrolls up by the keys too, and nothing jumps when older messages arrive", async () => {
    await using chat = await startFilled();
    await using ann = await enter(chat, "Ann");
    await list(ann).focus();
    const watch = await ScrollWatch.begin(ann.page);
    const { leftAbove } = await watch.seen();
    const seen = await watch.pageUp(({ moved }) => moved > leftAbove * 2);
    expect(seen.isLost).toBe(false);
    expect(seen.mostUp).toBeLessThan(5);
  });

  test("shows how much is new, leads to where that begins, and from there to the beginning and to the end", async () => {
    await using chat = await startFilled();
    await using bea = await stage.visit({ url: `${chat.url}/#/direct/Ann` }, asInHistory());
    await bea.enterName("Bea");
    await bea.link("lobby 99+ unread").waitFor();
    expect(await bea.page.title()).toBe("(99+) Ann – Solent Chat");
    await bea.link("lobby").click();
    await bea.isIn("Room lobby");
    await eventually(async () => isInSight(bea, textOfLine(lines))).toBe(true);
    await eventually(async () => bea.page.title()).toBe("#lobby – Solent Chat");
    await bea.page.getByRole("button", { name: "Jump to the first new message" }).click();
    await eventually(async () => isInSight(bea, textOfLine(readByBea + 1))).toBe(true);
    await list(bea).getByText("New", { exact: true }).waitFor();

    const up = await ScrollWatch.begin(bea.page);
    const seenUp = await up.wheel(-500, ({ leftAbove }) => leftAbove < 500);
    expect(seenUp.mostUp).toBeLessThan(5);
    await bea.page.getByText("This is the beginning of #lobby").waitFor();
    await up.stands();
    const down = await ScrollWatch.begin(bea.page);
    const seenDown = await down.wheel(500, ({ moved }) => moved < -10_000);
    expect(seenDown.mostDown).toBeLessThan(5);
    expect([seenUp.isLost, seenDown.isLost]).toEqual([false, false]);

    await bea.page.getByRole("button", { name: "Jump to the newest" }).click();
    await eventually(async () => isInSight(bea, textOfLine(lines))).toBe(true);
  });

  test("leaves in its place what one reads further up while others write, and says how much is new", async () => {
    await using chat = await startFilled();
    await using ann = await enter(chat, "Ann");
    await using bea = await enter(chat, "Bea");
    const watch = await ScrollWatch.begin(ann.page);
    const before = await watch.wheel(-600, ({ moved }) => moved > 3_000);
    await bea.say("One more");
    await ann.page.getByRole("button", { name: "1 new message" }).waitFor();
    await bea.say("And another one");
    await ann.page.getByRole("button", { name: "2 new messages" }).waitFor();
    const { moved } = await watch.seen();
    expect(Math.abs(moved - before.moved)).toBeLessThan(2);

    await ann.page.getByRole("button", { name: "2 new messages" }).click();
    await eventually(async () => isInSight(ann, "And another one")).toBe(true);
    await bea.say("At the end, it follows");
    await eventually(async () => isInSight(ann, "At the end, it follows")).toBe(true);
  });
});

/** As the page writes it. */
function dayBeforeYesterday(): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    ...{ weekday: "long", day: "numeric", month: "long" },
    timeZone: noonZone(),
  });
  return format.format(Date.now() - 2 * 24 * 60 * 60_000);
}
