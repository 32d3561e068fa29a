// `pnpm --filter @solent/chat screenshots`: pictures of every view, on a phone and a desktop, light and dark, in
// apps/chat/screenshots. They are for looking at, before a change to the page is committed.
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { openBrowser, Person } from "./people.ts";
import { buildPage, type RunningChat, startChat } from "./running-chat.ts";

const folder = fileURLToPath(new URL("../screenshots/", import.meta.url));

const devices: Readonly<Record<string, BrowserContextOptions>> = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};
const schemes = ["light", "dark"] as const;

/** One device in one colour scheme. */
interface Shoot {
  readonly browser: Browser;
  readonly chat: RunningChat;
  readonly name: string;
  readonly options: BrowserContextOptions;
}

async function shootSignIn({ browser, chat, name, options }: Shoot): Promise<void> {
  await using person = await Person.visit(browser, chat.url, options);
  await person.page.getByLabel("Your name").waitFor();
  await take(person, `${name}-1-sign-in`);
  await person.enterName("Bea");
  await person.page.getByRole("alert").getByText("somebody else").waitFor();
  await take(person, `${name}-2-name-taken`);
}

async function take(person: Person, view: string): Promise<void> {
  await person.page.waitForFunction(() => document.getAnimations().length === 0);
  await person.page.screenshot({ path: `${folder}${view}.png` });
}

async function shootChat({ browser, chat, name, options }: Shoot, others: Others): Promise<void> {
  await using ann = await Person.signIn(browser, chat.url, { name: "Ann", ...options });
  const shoot = (view: string): Promise<void> => take(ann, `${name}-${view}`);
  await ann.say("Tide turns at half past three, so we leave the harbour at two.");
  await ann.say("Bring something warm.");
  await others.bea.say("I have the thermos. Who has the charts?");
  await ann.message("I have the thermos. Who has the charts?").last().waitFor();
  await shoot("3-room");
  if (options.isMobile === true) {
    await ann.page.getByRole("button", { name: /^Who is here/ }).click();
    await ann.page.getByRole("complementary", { name: "Who is here" }).getByText("Cem").waitFor();
    await shoot("4-who-is-here");
    await ann.page.getByRole("button", { name: "Close" }).click();
    await ann.page.getByRole("link", { name: "All conversations" }).click();
  }
  await others.cem.link("Ann").click();
  await others.cem.say("Can I bring the dog?");
  await others.cem.say("She has her own life vest.");
  await ann.link("Cem 2 unread").waitFor();
  await shoot("5-unread");
  await ann.link("Cem").click();
  await ann.say("Only if she rows.");
  await shoot("6-direct");
  await others.cem.page.goto(`${chat.url}/#/rooms/lobby`);
  await others.admin.writeAnnouncement("The server moves to a bigger machine tonight at ten. It takes a minute.");
  await take(others.admin, `${name}-10-announce`);
  await others.admin.page.keyboard.press("Escape");
  await others.admin.announce("The server moves to a bigger machine tonight at ten. It takes a minute.");
  await ann.page.getByRole("log", { name: "Announcements" }).getByText("bigger machine").waitFor();
  await shoot("7-announcement");
  await ann.page.getByRole("button", { name: "Dismiss the announcement" }).click();
  await ann.page.goto(`${chat.url}/#/rooms/winter-trip`);
  await ann.isLive();
  await ann.page.getByText("This is the beginning of").waitFor();
  await shoot("8-empty-room");
  await shootTrouble(ann, others, { chat, shoot });
}

/** What went wrong, and what is long. */
async function shootTrouble(
  ann: Person,
  others: Others,
  { chat, shoot }: { readonly chat: RunningChat; readonly shoot: (view: string) => Promise<void> },
): Promise<void> {
  await ann.page.goto(`${chat.url}/#/rooms/lobby`);
  await ann.context.setOffline(true);
  await ann.page.getByRole("alert").getByText("You are offline.").waitFor();
  await ann.box.fill("I write this while the train is in the tunnel");
  await shoot("9-offline");
  await ann.context.setOffline(false);
  await ann.isLive();
  await ann.box.fill("");
  await others.cem.say(`The chart is at https://charts.example/${"solent-and-the-isle-of-wight-".repeat(4)}2026`);
  await others.bea.say(Array.from({ length: 12 }, (_, at) => `${at + 1}. One more thing for the list`).join("\n"));
  await ann.page.getByText("12. One more thing").waitFor();
  await shoot("11-long");
  await others.cem.page.close();
  await ann.page.goto(`${chat.url}/#/direct/Cem`);
  await ann.page.getByRole("main").getByText("away").waitFor();
  await ann.box.fill("Which pier?");
  await ann.box.press("Enter");
  await ann.page.getByText("your message was not delivered").waitFor();
  await shoot("12-refused");
}

/** Who else is there. */
interface Others {
  readonly admin: Person;
  readonly bea: Person;
  readonly cem: Person;
}

async function shootAll(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await using page = await buildPage();
  const browser = await openBrowser();
  try {
    for (const [device, options] of Object.entries(devices)) {
      for (const colorScheme of schemes) {
        await using chat = await startChat(page);
        await using admin = await Person.signIn(browser, chat.url, { name: "admin", ...options, colorScheme });
        await using bea = await Person.signIn(browser, chat.url, { name: "Bea" });
        await using cem = await Person.signIn(browser, chat.url, { name: "Cem" });
        await cem.say("Morning! Is the weather going to hold?");
        await bea.say("Looks like it. West four, maybe five in the afternoon.\nSun until six.");
        const shoot: Shoot = { browser, chat, name: `${device}-${colorScheme}`, options: { ...options, colorScheme } };
        await shootSignIn(shoot);
        await shootChat(shoot, { admin, bea, cem });
      }
    }
  } finally {
    await browser.close();
  }
}

await shootAll();
process.stdout.write(`The pictures are in ${folder}\n`);
