// `pnpm --filter @solent/chat screenshots`: pictures of every view, on a phone and a desktop, light and dark, in
// apps/chat/screenshots. They are for looking at, before a change to the page is committed.
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Locator } from "playwright-core";
import { openBrowser, Person } from "./people.ts";
import { buildPage, type RunningChat, startChat, temporaryDatabase } from "./running-chat.ts";

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

/** Who is in the pictures. */
interface People {
  readonly admin: Person;
  readonly ann: Person;
  readonly bea: Person;
  readonly cem: Person;
}

/** Takes a picture of somebody's page. */
type Take = (person: Person, view: string) => Promise<void>;

async function go({ page }: Person, hash: string): Promise<void> {
  await page.evaluate((to) => void (location.hash = to), hash);
}

async function choose({ page }: Person, menu: Locator, item: string): Promise<void> {
  await menu.click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

/** Writes and sends from another page, and does not look at the result. */
async function say(person: Person, text: string): Promise<void> {
  await person.box.fill(text);
  await person.box.press("Enter");
}

/** Waits until the server has confirmed everything somebody wrote. */
async function allSent({ page }: Person): Promise<void> {
  await page.waitForFunction(() => document.querySelector('.bubble[data-pending="true"]') === null);
}

async function shootSignIn({ browser, chat, options }: Shoot, take: Take): Promise<void> {
  await using visitor = await Person.visit(browser, chat.url, options);
  const { page } = visitor;
  await page.getByLabel("Name", { exact: true }).waitFor();
  await take(visitor, "01-sign-in");
  await page.getByRole("button", { name: "Come in" }).click();
  await take(visitor, "02-sign-in-empty");
  await page.getByLabel("Name", { exact: true }).fill("Bea");
  await page.getByLabel("Password", { exact: true }).fill("not her password");
  await page.getByRole("button", { name: "Come in" }).click();
  await page.getByRole("alert").getByText("another password").waitFor();
  await take(visitor, "03-wrong-password");
}

async function shootRoom({ ann, bea, cem }: People, take: Take, isPhone: boolean): Promise<void> {
  await ann.say("Tide turns at half past three, so we leave the harbour at two.");
  await ann.say("Bring something warm.");
  await bea.say("I have the thermos. The forecast is at https://weather.example/solent");
  await ann.message("I have the thermos.").or(ann.page.getByText("I have the thermos.")).first().waitFor();
  // Told every three seconds at most, so it takes some letters.
  const typing = ann.page.getByText("Cem is typing").waitFor();
  await Promise.all([typing, cem.box.pressSequentially("Who has the charts", { delay: 200 })]);
  await take(ann, "04-room");
  await cem.box.fill("");
  if (isPhone) {
    await ann.page.getByRole("button", { name: /^Who is here/ }).click();
    await ann.page.getByRole("complementary", { name: "Who is here" }).getByText("Cem").waitFor();
    await take(ann, "05-who-is-here");
    await ann.page.keyboard.press("Escape");
  }
  const row = ann.page.getByRole("article").filter({ hasText: "Bring something warm." });
  await row.hover();
  await row.getByRole("button", { name: "Message menu" }).click();
  await ann.page.getByRole("menuitem", { name: "Edit" }).waitFor();
  await take(ann, "06-message-menu");
  await ann.page.getByRole("menuitem", { name: "Edit" }).click();
  await ann.page.getByRole("textbox", { name: "Edit your message" }).fill("Bring something warm, and a hat.");
  await take(ann, "07-editing");
  await ann.page.keyboard.press("Enter");
  await ann.page.getByText("edited", { exact: true }).waitFor();
  await ann.say("Wrong room, sorry");
  const wrong = ann.page.getByRole("article").filter({ hasText: "Wrong room" });
  await wrong.hover();
  await choose(ann, wrong.getByRole("button", { name: "Message menu" }), "Delete");
  await ann.page.getByRole("dialog").waitFor();
  await take(ann, "08-delete");
  await ann.page.getByRole("button", { name: "Delete", exact: true }).click();
  await ann.page.getByText("This message was deleted").waitFor();
  await take(ann, "09-edited-and-deleted");
  await ann.page.getByRole("button", { name: "Room menu" }).click();
  await take(ann, "10-room-menu");
  await ann.page.getByRole("menuitem", { name: "Change the topic" }).click();
  await ann.page.getByLabel("What this room is about").fill("Where we meet before we sail");
  await take(ann, "11-topic");
  await ann.page.getByRole("button", { name: "Save" }).click();
  await ann.page.getByRole("dialog").waitFor({ state: "hidden" });
}

async function shootRooms({ ann, bea }: People, take: Take): Promise<void> {
  await go(ann, "#/");
  await take(ann, "12-list");
  await ann.page.getByRole("button", { name: "Create a room" }).click();
  await ann.page.getByLabel("Name", { exact: true }).fill("Winter Trip");
  await ann.page.getByLabel("Topic, if you like").fill("Five days in February, without the children");
  await ann.page.getByLabel("Private").check();
  await take(ann, "13-create-room");
  await ann.page.getByRole("button", { name: "Create", exact: true }).click();
  await ann.page.getByText("This is the beginning of").waitFor();
  await take(ann, "14-empty-room");
  await choose(ann, ann.page.getByRole("button", { name: "Room menu" }), "Invite people");
  await ann.page.getByRole("searchbox").fill("Be");
  const invite = ann.page.getByRole("button", { name: "Invite Bea" });
  await invite.waitFor();
  await take(ann, "15-invite");
  await invite.click();
  await ann.page.getByText("Invited", { exact: true }).waitFor();
  await ann.page.getByRole("button", { name: "Done" }).click();
  await go(bea, "#/");
  await bea.page.getByRole("button", { name: "Accept the invitation to winter-trip" }).waitFor();
  await take(bea, "16-invitation");
  await go(bea, "#/rooms/winter-trip");
  await bea.page.getByRole("heading", { name: /You are invited/ }).waitFor();
  await take(bea, "17-door-invited");
  await go(bea, "#/rooms/ideas");
  await bea.page.getByRole("button", { name: "Join #ideas" }).waitFor();
  await take(bea, "18-door-public");
  await go(bea, "#/rooms/nowhere");
  await bea.page.getByText("There is no room").waitFor();
  await take(bea, "19-door-unknown");
  await go(bea, "#/rooms/lobby");
}

async function shootDirect({ ann, bea, cem }: People, take: Take): Promise<void> {
  await go(ann, "#/");
  await ann.page.getByRole("button", { name: "Find people" }).click();
  await ann.page.getByRole("searchbox").fill("c");
  await ann.page.getByRole("link", { name: "Write to Cem" }).waitFor();
  await take(ann, "20-find-people");
  await ann.page.getByRole("link", { name: "Write to Cem" }).click();
  await ann.page.getByText("Just you and Cem").waitFor();
  await take(ann, "21-empty-direct");
  await ann.say("Can you bring the dog?");
  await ann.page.getByText("Delivered", { exact: true }).waitFor();
  await go(cem, "#/direct/Ann");
  await cem.say("Only if she rows.");
  await ann.page.getByText("Only if she rows.").first().waitFor();
  await ann.say("She has her own life vest.");
  await ann.page.getByText("Read", { exact: true }).waitFor();
  await take(ann, "22-direct");
  await go(ann, "#/");
  await cem.say("Then it is settled.");
  await bea.say("See you at two!");
  await ann.link("Cem").getByText("1 unread").waitFor();
  await take(ann, "23-unread");
  await ann.page.getByRole("button", { name: "Account" }).click();
  await take(ann, "24-account-menu");
  await ann.page.keyboard.press("Escape");
  await go(ann, "#/direct/Nobody");
  await ann.page.getByText("There is nobody with this name.").waitFor();
  await take(ann, "25-nobody");
}

async function shootLong({ ann, bea }: People, take: Take): Promise<void> {
  await go(ann, "#/rooms/ideas");
  await ann.page.getByRole("button", { name: "Join #ideas" }).click();
  await ann.box.waitFor();
  await go(bea, "#/rooms/ideas");
  await bea.page.getByRole("button", { name: "Join #ideas" }).click();
  await bea.say(`The chart is at https://charts.example/${"solent-and-the-isle-of-wight-".repeat(4)}2026`);
  await ann.page.getByText("The chart is at").first().waitFor();
  // It counts as read when it has been looked at for a moment.
  await ann.link("ideas").getByText("unread").waitFor({ state: "detached" });
  await go(ann, "#/rooms/lobby");
  await bea.say(Array.from({ length: 12 }, (_, at) => `${at + 1}. One more thing for the list`).join("\n"));
  for (let at = 1; at <= 30; at++) await say(bea, `Idea ${at}: ${"a longer thought about it ".repeat(at % 5)}`);
  await allSent(bea);
  await go(ann, "#/rooms/ideas");
  await ann.page.getByText("New", { exact: true }).waitFor();
  await ann.page.getByRole("button", { name: /new messages?$/ }).waitFor();
  await take(ann, "26-first-unread");
  await ann.page.getByRole("button", { name: /new messages?$/ }).click();
  await ann.page.getByText("Idea 30").first().waitFor();
  await take(ann, "27-newest");
}

async function shootAnnouncement({ admin, ann }: People, take: Take): Promise<void> {
  await go(ann, "#/rooms/lobby");
  const dialog = await admin.writeAnnouncement(
    "The server moves to a bigger machine tonight at ten. It takes a minute.",
  );
  await take(admin, "28-announce");
  await dialog.getByRole("button", { name: "Announce" }).click();
  await ann.announcement("bigger machine").waitFor();
  await take(ann, "29-announcement");
  await ann.page.getByRole("button", { name: "Dismiss the announcement" }).click();
}

async function shootTrouble({ ann }: People, take: Take): Promise<void> {
  await go(ann, "#/rooms/lobby");
  await ann.context.setOffline(true);
  await ann.page.getByRole("alert").getByText("You are offline.").waitFor();
  await say(ann, "I write this while the train is in the tunnel");
  await ann.page.getByText("Waiting to be sent").waitFor();
  await take(ann, "30-offline");
  await ann.context.setOffline(false);
  await ann.isLive();
  await allSent(ann);
  await ann.box.fill("x".repeat(4_010));
  await take(ann, "31-too-long");
  await ann.box.fill("");
  await ann.page.goto("about:blank");
}

async function shootAll(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await using page = await buildPage();
  const browser = await openBrowser();
  try {
    for (const [device, options] of Object.entries(devices)) {
      for (const colorScheme of schemes) {
        const name = `${device}-${colorScheme}`;
        await shootOne(browser, page, { name, options: { ...options, colorScheme } });
        process.stdout.write(`${name} is done\n`);
      }
    }
  } finally {
    await browser.close();
  }
}

async function shootOne(
  browser: Browser,
  page: Parameters<typeof startChat>[0],
  { name, options }: Pick<Shoot, "name" | "options">,
): Promise<void> {
  await using where = await temporaryDatabase();
  await using chat = await startChat(page, { database: where.database });
  await using admin = await Person.signIn(browser, chat.url, { name: "admin", ...options });
  await using bea = await Person.signIn(browser, chat.url, { name: "Bea", ...options });
  await using cem = await Person.signIn(browser, chat.url, { name: "Cem", ...options });
  await cem.say("Morning! Is the weather going to hold?");
  await bea.say("Looks like it. West four, maybe five in the afternoon.\nSun until six.");
  const take: Take = async (person, view) => {
    await person.page.waitForFunction(() => document.getAnimations().length === 0);
    await person.page.screenshot({ path: `${folder}${name}-${view}.png` });
  };
  await shootSignIn({ browser, chat, name, options }, take);
  await using ann = await Person.signIn(browser, chat.url, { name: "Ann", ...options });
  const people: People = { admin, ann, bea, cem };
  await shootRoom(people, take, options.isMobile === true);
  await shootRooms(people, take);
  await shootDirect(people, take);
  await shootLong(people, take);
  await shootAnnouncement(people, take);
  await shootTrouble(people, take);
}

await shootAll();
process.stdout.write(`The pictures are in ${folder}\n`);
