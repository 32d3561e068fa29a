import axe, { type AxeResults, type RunOptions } from "axe-core";
import { describe, expect, test } from "vitest";
import type { Person } from "../people.ts";
import { eventually, setStage } from "../stage.ts";

const stage = setStage();

const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

type PageWithTools = typeof globalThis & { axe: { run(context: string, options: RunOptions): Promise<AxeResults> } };

/** The rule about colours alone. */
const colours = "color-contrast";

/** What is wrong with a view, for people who see, hear or move otherwise: what of it, and where. */
async function barriers({ page }: Person, within: string, rules?: typeof colours): Promise<readonly string[]> {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.addScriptTag({ content: axe.source });
  const look = ([selector, runOnly]: readonly [string, string | undefined]): Promise<AxeResults> => {
    const options: RunOptions = { resultTypes: ["violations"], ...(runOnly !== undefined && { runOnly }) };
    return (globalThis as PageWithTools).axe.run(selector, options);
  };
  const { violations } = await page.evaluate(look, [within, rules] as const);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
}

/** Looks at what a page shows, or at a part of it, at both sizes and in both colours, and expects no barrier. */
async function expectNoBarriers(person: Person, view: string, part = "html"): Promise<void> {
  const { page } = person;
  for (const [device, size] of Object.entries({ phone, desktop })) {
    await page.setViewportSize(size);
    // In other colours, everything else is the same.
    for (const [colorScheme, rules] of [["dark", colours], ["light"]] as const) {
      await page.emulateMedia({ colorScheme });
      // Half faded in, nothing has the colours that it will have.
      await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== "running"));
      expect.soft(await barriers(person, part, rules), `${view}, ${device}, ${colorScheme}`).toEqual([]);
    }
  }
}

// The page's policy lets in no script but its own, so that of these pages has to be off.
const withTools = { bypassCSP: true };

describe("nobody is kept out", { timeout: 60_000 }, () => {
  test("of signing in, and of hearing why it did not work", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.visit(chat, withTools);
    const enter = ann.page.getByRole("button", { name: "Come in" });
    await enter.waitFor();
    await expectNoBarriers(ann, "sign-in");
    await enter.click();
    await ann.page.getByRole("alert").filter({ hasText: /\w/ }).first().waitFor();
    await expectNoBarriers(ann, "sign-in with a problem");
  });

  test("of conversations: new, empty, and with all that can stand in them", async () => {
    await using chat = await stage.startChat();
    await using bea = await stage.signIn(chat, "Bea");
    await using ann = await stage.signIn(chat, "Ann", withTools);
    await expectNoBarriers(ann, "empty room");
    await bea.say("Look at https://example.org/chart");
    await ann.say("Thnaks");
    await ann.say("I take this back");
    await changeLast(ann);
    // It is not told with every key.
    await eventually(async () => {
      await bea.box.pressSequentially("so ");
      return ann.page.getByText("Bea is typing…").isVisible();
    }).toBe(true);
    await ann.message("Thanks").hover();
    await expectNoBarriers(ann, "room");

    await ann.page.getByRole("button", { name: "Message menu" }).click();
    await ann.page.getByRole("menuitem", { name: "Delete" }).waitFor();
    await expectNoBarriers(ann, "menu of a message");
    await ann.page.keyboard.press("Escape");
    await ann.writeTo("Bea");
    await expectNoBarriers(ann, "new direct conversation");
    await ann.say("Only you can read this");
    await ann.note("Delivered").waitFor();
    await bea.writeTo("Ann");
    await bea.say("And you this");
    await bea.createRoom("harbour", { isPrivate: true });
    await bea.invite("Ann");
    await ann.link("harbour").click();
    await ann.page.getByRole("heading", { name: "You are invited to #harbour" }).waitFor();
    await bea.link("Ann").click();
    await bea.isIn("Direct messages with Ann");
    await bea.say("I have invited you");
    await ann.link("Bea 1 unread").waitFor();
    await expectNoBarriers(ann, "invitation, with something unread");
    await ann.link("Bea").click();
    await ann.message("I have invited you").waitFor();
    await expectNoBarriers(ann, "direct conversation");
    await ann.page.evaluate(() => (location.hash = "#/"));
    await ann.page.getByText("Choose a room").waitFor({ state: "attached" });
    await expectNoBarriers(ann, "list");
  });

  test("of dialogs", async () => {
    await using chat = await stage.startChat();
    await using admin = await stage.signIn(chat, "admin", withTools);
    const { page } = admin;
    const dialog = page.getByRole("dialog");
    for (const name of ["Announce", "Create a room", "Find people"]) {
      await page.getByRole("button", { name, exact: true }).click();
      await dialog.waitFor();
      await expectNoBarriers(admin, name, "dialog");
      await page.keyboard.press("Escape");
    }
    for (const { menu, item } of [
      { menu: "Room menu", item: "Invite people" },
      { menu: "Room menu", item: "Change the topic" },
      { menu: "Account", item: "Sign out everywhere" },
    ]) {
      await page.getByRole("button", { name: menu, exact: true }).click();
      await page.getByRole("menuitem", { name: item, exact: true }).click();
      await dialog.waitFor();
      await expectNoBarriers(admin, item, "dialog");
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
    }
  });

  test("of what is announced, and of what goes wrong", async () => {
    await using chat = await stage.startChat();
    await using admin = await stage.signIn(chat, "admin", withTools);
    await admin.announce("Back in five minutes");
    await admin.announcement("Back in five minutes").waitFor();
    await admin.context.setOffline(true);
    await admin.page.getByRole("alert").getByText("You are offline.").waitFor();
    await admin.write("Not yet");
    await admin.note("Waiting to be sent").waitFor();
    await expectNoBarriers(admin, "announcement, offline");
  });
});

/** Deletes the last message of somebody, and corrects the one before. */
async function changeLast(person: Person): Promise<void> {
  const { page } = person;
  await person.message("I take this back").hover();
  await page.getByRole("button", { name: "Message menu" }).last().click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await person.message("This message was deleted").waitFor();
  await person.box.press("ArrowUp");
  const editing = page.getByRole("textbox", { name: "Edit your message" });
  await editing.fill("Thanks");
  await editing.press("Enter");
  await person.note("edited").waitFor();
}

describe("who wants less motion", { timeout: 30_000 }, () => {
  test("sees nothing move: neither what comes, nor what waits", async () => {
    await using chat = await stage.startChat();
    await using admin = await stage.signIn(chat, "admin", { reducedMotion: "reduce" });
    await admin.page.evaluate(watchAnimations);
    await admin.announce("Nothing slides in");
    await admin.announcement("Nothing slides in").waitFor();
    await admin.page.setViewportSize(phone);
    await admin.page.getByRole("link", { name: "All conversations" }).click();
    await admin.link("lobby").click();
    await admin.isIn("Room lobby");
    // Nothing answers, so the page goes on connecting.
    await admin.page.routeWebSocket(/./, () => undefined);
    await admin.page.reload();
    await admin.page.evaluate(watchAnimations);
    await admin.page.getByRole("status", { name: "Connection: Connecting" }).waitFor();
    expect(await admin.page.evaluate(() => (globalThis as MovingPage).moving())).toEqual([]);
  });
});

type MovingPage = typeof globalThis & { moving: () => readonly string[] };

// Runs in the page: keeps what moves for longer than a frame.
function watchAnimations(): void {
  const moving = new Set<string>();
  const look = (): void => {
    for (const { effect, playState } of document.getAnimations()) {
      const { activeDuration } = effect?.getComputedTiming() ?? {};
      if (playState !== "running" || !(effect instanceof KeyframeEffect)) continue;
      if (Number(activeDuration) > 20) moving.add(`${effect.target?.className} for ${String(activeDuration)} ms`);
    }
    requestAnimationFrame(look);
  };
  look();
  (globalThis as MovingPage).moving = () => [...moving];
}
