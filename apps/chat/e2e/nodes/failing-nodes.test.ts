import { describe, expect, test } from "vitest";
import { openDatabase } from "../../server/database/database.ts";
import { cookieOf } from "../running-chat.ts";
import { RawSocket } from "../raw-socket.ts";
import { eventually, setStage } from "../stage.ts";
import { nodeNames } from "./running-nodes.ts";

const stage = setStage();

async function storedTexts(location: string): Promise<string[]> {
  const database = await openDatabase(location);
  const rows = await database.selectFrom("messages").select("text").orderBy("id").execute();
  await database.destroy();
  return rows.map(({ text }) => text);
}

/** High enough for the page to show all that is said here: of a long list it keeps only what is in sight. */
const tall = { viewport: { width: 1280, height: 2400 } };

describe("a node that is killed", { timeout: 120_000 }, () => {
  test("while two people write costs nothing: its page comes back on another node, and every message is there once", async () => {
    await using nodes = await stage.startNodes();
    await using ann = await stage.signIn(nodes, "Ann", tall);
    await using bea = await stage.signIn(nodes, "Bea", tall);
    await bea.isApartFrom(ann);
    const killed = await ann.node();

    const texts = (name: string) => Array.from({ length: 12 }, (_, at) => `${name} ${at + 1}`);
    const write = async (person: typeof ann, name: string): Promise<void> => {
      for (const [at, text] of texts(name).entries()) {
        await person.write(text);
        if (person === ann && at === 4) await nodes.kill(killed);
      }
    };
    await Promise.all([write(ann, "Ann"), write(bea, "Bea")]);
    await ann.isLive();
    expect(await ann.node()).not.toBe(killed);
    const all = [...texts("Ann"), ...texts("Bea")].toSorted();
    for (const person of [ann, bea]) {
      await person.hasSentAll();
      await eventually(async () => (await person.texts()).toSorted()).toEqual(all);
    }
    const stored = await storedTexts(nodes.database);
    expect(stored.toSorted()).toEqual(all);
    for (const person of [ann, bea]) {
      await person.page.reload();
      await person.isLive();
      await eventually(() => person.texts()).toEqual(stored);
    }
  });

  test("takes the people with it who were there, within a few seconds and on every page", async () => {
    await using nodes = await stage.startNodes();
    await using ann = await stage.signIn(nodes, "Ann");
    const away = "node-2";
    const victim = { url: nodes.urlOf(away) };
    const cookie = await cookieOf(victim, "Cem");
    await using site = await RawSocket.open(victim, "/site", cookie);
    await site.next("welcome");
    await using room = await RawSocket.open(victim, "/rooms/lobby", cookie);
    await room.next("welcome");
    const here = ann.page.getByRole("complementary", { name: "Who is here" });
    await here.getByText("Cem").waitFor();
    await nodes.kill(away);
    await here.getByText("Cem").waitFor({ state: "detached" });
  });
});

describe("while Redis is away", { timeout: 120_000 }, () => {
  test("people stay, what they send can be sent again, and then it is there once", async () => {
    await using nodes = await stage.startNodes();
    await using ann = await stage.signIn(nodes, "Ann");
    await using bea = await stage.signIn(nodes, "Bea");
    await bea.isApartFrom(ann);
    await ann.say("before");
    await bea.message("before").waitFor();

    const startRedis = await nodes.killRedis();
    await ann.write("meanwhile");
    const notSent = ann.page.getByText("Not sent. That did not work just now. Try again.");
    await notSent.waitFor({ timeout: 15_000 });
    await ann.isLive();
    for (const name of nodeNames) {
      const ready = await fetch(`${nodes.urlOf(name)}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([503, { problem: "Redis does not answer." }]);
      const live = await fetch(`${nodes.urlOf(name)}/healthz`);
      expect([live.status, await live.json()]).toEqual([200, { status: "ok", problem: "Redis does not answer." }]);
    }
    await ann.page.getByRole("button", { name: "Retry" }).click();
    await ann.note("Sending…").waitFor();
    await notSent.waitFor({ timeout: 15_000 });
    await startRedis();
    await eventually(async () => (await fetch(`${nodes.url}/readyz`)).status).toBe(200);
    // It was stored: the pages are told that something was lost on the way, ask for it, and find it.
    await ann.hasSentAll();
    await bea.message("meanwhile").waitFor();
    await bea.say("after");
    await ann.message("after").waitFor();
    for (const person of [ann, bea]) await eventually(() => person.texts()).toEqual(["before", "meanwhile", "after"]);
    expect(await storedTexts(nodes.database)).toEqual(["before", "meanwhile", "after"]);
  });
});
