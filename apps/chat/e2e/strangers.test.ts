import { describe, expect, test } from "vitest";
import type { DirectLine, Line } from "../contract/words.ts";
import { RawSocket } from "./raw-socket.ts";
import { cookieOf, type RunningChat } from "./running-chat.ts";
import { setStage } from "./stage.ts";

const stage = setStage();

/** What nobody but those it is meant for may hear of. */
const secret = "the treasure is under the third oak";

const notYours = { error: { code: "notYours" } };

function message(text: string, clientId: string = crypto.randomUUID()) {
  return { clientId, text };
}

/** The connections that a page has, of somebody who does not keep to its rules. */
async function comeInAs(chat: RunningChat, name: string) {
  const cookie = await cookieOf(chat, name);
  const site = await RawSocket.open(chat, "/site", cookie);
  await site.next("welcome");
  const direct = await RawSocket.open(chat, "/direct", cookie);
  const lobby = await RawSocket.open(chat, "/rooms/lobby", cookie);
  await Promise.all([direct.next("welcome"), lobby.next("welcome")]);
  const all = [site, direct, lobby];
  return {
    name,
    cookie,
    site,
    direct,
    lobby,
    /** Everything that ever arrived. */
    received: () => all.flatMap(({ received }) => received).join("\n"),
    [Symbol.asyncDispose]: async () => {
      for (const socket of all) await socket[Symbol.asyncDispose]();
    },
  };
}

describe("somebody who writes frames by hand", () => {
  test("speaks under their own name whatever the frame says", async () => {
    await using chat = await stage.startChat();
    await using ann = await comeInAs(chat, "Ann");
    await using bea = await comeInAs(chat, "Bea");
    await using mal = await comeInAs(chat, "Mal");
    for (const type of ["said", "told", "room.said", "direct.told", "session.ended", "welcome", "__proto__"]) {
      for (const socket of [mal.lobby, mal.direct, mal.site]) {
        socket.send({ type, data: { id: 1, from: "Bea", to: "Ann", text: "forged", at: 1 } });
        expect(Object.keys(await socket.next("error"))).toEqual(["error"]);
      }
    }
    const lie = { from: "Bea", author: "Bea", user: { name: "Bea" }, id: 1, revision: 1, at: 1 };
    mal.lobby.send({ type: "say", from: "Bea", id: 7, data: { ...lie, ...message("in my own name") } });
    mal.direct.send({ type: "tell", from: "Bea", id: 7, data: { ...lie, to: "Ann", ...message("psst") } });
    // The frames before came to nothing: these are the first that Ann hears.
    expect(await ann.lobby.next("said")).toMatchObject({ data: { from: "Mal", text: "in my own name" } });
    expect(await ann.direct.next("told")).toMatchObject({ data: { from: "Mal", to: "Ann", text: "psst" } });
    mal.lobby.send({ type: "typing", data: { name: "Bea" } });
    expect(await ann.lobby.next("typing")).toMatchObject({ data: { name: "Mal" } });
    mal.direct.send({ type: "typing", data: { to: "Ann", from: "Bea" } });
    expect(await ann.direct.next("typing")).toMatchObject({ data: { from: "Mal" } });
    expect(ann.received() + bea.received()).not.toContain("forged");
  });

  test("neither reads nor changes what two others tell each other", async () => {
    await using chat = await stage.startChat();
    await using ann = await comeInAs(chat, "Ann");
    await using bea = await comeInAs(chat, "Bea");
    await using mal = await comeInAs(chat, "Mal");
    const first = (await ann.direct.ask("tell", { to: "bea", ...message(secret) })) as DirectLine;
    expect(await bea.direct.next("told")).toMatchObject({ data: { from: "Ann", to: "Bea", text: secret } });
    const { id, clientId } = first;

    expect(await mal.direct.ask("edit", { id, text: "there is no treasure" })).toEqual(notYours);
    expect(await mal.direct.ask("delete", { id })).toEqual(notYours);
    expect(await mal.lobby.ask("edit", { id, text: "there is no treasure" })).toEqual(notYours);
    expect(await mal.lobby.ask("delete", { id })).toEqual(notYours);
    // Not even the one of the two to whom it was said may.
    expect(await bea.direct.ask("edit", { id, text: "there is no treasure" })).toEqual(notYours);

    const nothing = { lines: [], hasOlder: false, hasNewer: false };
    for (const part of [{}, { around: id }, { before: id + 1 }, { after: 0 }]) {
      for (const other of ["Ann", "Bea"]) {
        expect(await mal.direct.ask("history", { with: other, ...part })).toEqual(nothing);
      }
      expect(await mal.lobby.ask("history", part)).toEqual(nothing);
    }
    for (const other of ["Mal", "mal", "Nobody", "1:2", "Ann' or 1=1 --"]) {
      expect(await mal.direct.ask("history", { with: other })).toEqual({ error: { code: "nobody" } });
    }
    for (const other of ["", ["Ann", "Bea"], { name: "Ann" }, 1, null]) {
      expect(await mal.direct.ask("history", { with: other })).toMatchObject({ error: { code: "CONTRACT_MISMATCH" } });
    }
    for (const socket of [mal.direct, mal.lobby]) {
      expect(await socket.ask("changes", { since: 0 })).toEqual({ lines: [], isComplete: true });
    }
    // Under the name that Ann's page gave it, Mal's message is another one.
    expect(await mal.direct.ask("tell", { to: "Bea", clientId, text: "what did Ann say?" })).toMatchObject({
      from: "Mal",
      text: "what did Ann say?",
    });
    expect(await mal.direct.ask("changes", { since: 0 })).toMatchObject({ lines: [{ from: "Mal" }] });

    // Mal marks what is not Mal's, and Ann goes on: nobody hears that somebody else has read it.
    for (const other of ["Ann", "Bea"]) await mal.direct.ask("mark", { with: other, readTo: id, deliveredTo: id });
    await bea.direct.ask("mark", { with: "Ann", readTo: id });
    expect(await ann.direct.next("marked")).toMatchObject({ data: { by: "Bea", with: "Ann", readTo: id } });
    await using later = await RawSocket.open(chat, "/direct", mal.cookie);
    await later.next("welcome");
    expect(mal.received() + later.received.join()).not.toContain("treasure");
    expect(await ann.direct.ask("history", { with: "Bea" })).toMatchObject({
      lines: [{ text: secret, state: "said" }],
    });
  });

  test("neither enters a private room nor hears, changes, or learns anything of it", async () => {
    await using chat = await stage.startChat();
    await using ann = await comeInAs(chat, "Ann");
    await using mal = await comeInAs(chat, "Mal");
    await ann.site.ask("createRoom", { name: "vault", topic: secret, isPrivate: true });
    await using vault = await RawSocket.open(chat, "/rooms/vault", ann.cookie);
    const { id } = (await vault.ask("say", message(secret))) as Line;

    for (const path of ["vault", "VAULT", "%76ault", "vault%20", "vau_lt/../vault", "./vault", "lobby/../vault"]) {
      await using door = await RawSocket.open(chat, `/rooms/${path}`, mal.cookie).catch(() => undefined);
      // Whatever comes at once, before the door is shut, comes to nothing as well.
      for (const type of ["history", "changes", "say", "typing", "describe", "invite", "read", "delete"]) {
        door?.send({
          type,
          id: 1,
          data: { ...message("let me in"), since: 0, upTo: id, id, topic: "open", name: "Mal" },
        });
      }
      if (door !== undefined) expect(await door.closed, path).toBe(4403);
      expect(door?.received ?? [], path).toEqual([]);
    }
    // Nor is there a moment at the door, before it is shut, in which one hears what is said inside.
    const opened = Array.from({ length: 20 }, () => RawSocket.open(chat, "/rooms/vault", mal.cookie));
    for (let number = 0; number < 20; number++) await vault.ask("say", message(`${secret} (${number})`));
    for (const door of await Promise.all(opened)) {
      expect(await door.closed).toBe(4403);
      expect(door.received).toEqual([]);
    }
    expect(vault.received.join()).not.toMatch(/Mal|let me in/);
    expect(await mal.site.ask("joinRoom", { name: "vault" })).toEqual({ error: { code: "closed" } });
    expect(await mal.site.ask("joinRoom", { name: "never-was" })).toEqual({ error: { code: "closed" } });
    await mal.site.ask("leaveRoom", { name: "vault" });
    const taken = await mal.site.ask("createRoom", { name: "vault", topic: "", isPrivate: false });
    expect(taken).toEqual({ error: { code: "taken" } });
    expect(await mal.lobby.ask("edit", { id, text: "there is no treasure" })).toEqual(notYours);
    expect(await mal.lobby.ask("delete", { id })).toEqual(notYours);
    expect(await mal.lobby.ask("history", { around: id })).toMatchObject({ lines: [] });
    await mal.lobby.ask("read", { upTo: id });

    await using later = await RawSocket.open(chat, "/site", mal.cookie);
    await later.next("welcome");
    expect(mal.received() + later.received.join()).not.toMatch(/vault|treasure/);
    await using again = await RawSocket.open(chat, "/rooms/vault", ann.cookie);
    const { data = {} } = await again.next("welcome");
    expect(data).toMatchObject({ room: { topic: secret }, people: ["Ann"] });
    const { lines } = data["page"] as { lines: readonly Line[] };
    expect(lines).toHaveLength(21);
    expect(lines[0]).toMatchObject({ text: secret, from: "Ann", state: "said" });
  });

  test("is outside a private room before the invitation is accepted, and again after leaving", async () => {
    await using chat = await stage.startChat();
    await using ann = await comeInAs(chat, "Ann");
    await using mal = await comeInAs(chat, "Mal");
    await ann.site.ask("createRoom", { name: "vault", topic: "", isPrivate: true });
    await using vault = await RawSocket.open(chat, "/rooms/vault", ann.cookie);
    await vault.ask("say", message("welcome, all of you"));
    await vault.ask("invite", { name: "Mal" });
    expect(await mal.site.next("membership")).toMatchObject({ data: { membership: "invited" } });
    await using early = await RawSocket.open(chat, "/rooms/vault", mal.cookie);
    expect(await early.closed).toBe(4403);

    await mal.site.ask("joinRoom", { name: "vault" });
    await using inside = await RawSocket.open(chat, "/rooms/vault", mal.cookie);
    await inside.next("welcome");
    const { id } = (await inside.ask("say", message("my last words here"))) as Line;
    await mal.site.ask("leaveRoom", { name: "vault" });
    await vault.ask("say", message(secret));
    expect(await inside.closed).toBe(4403);
    // Not even one's own words: they stay as they were left.
    for (const socket of [mal.lobby, mal.direct]) {
      expect(await socket.ask("edit", { id, text: "or are they" })).toEqual(notYours);
      expect(await socket.ask("delete", { id })).toEqual(notYours);
    }
    const said = [{ text: "welcome, all of you" }, { text: "my last words here", state: "said" }, { text: secret }];
    expect(await vault.ask("history", {})).toMatchObject({ lines: said });
    await using late = await RawSocket.open(chat, "/rooms/vault", mal.cookie);
    expect(await late.closed).toBe(4403);
    expect([...early.received, ...inside.received, ...late.received].join()).not.toContain(secret);
    expect(early.received).toEqual([]);
  });

  test("changes nobody else's words in a room that they share", async () => {
    await using chat = await stage.startChat();
    await using ann = await comeInAs(chat, "Ann");
    await using mal = await comeInAs(chat, "Mal");
    const line = (await ann.lobby.ask("say", message("I never said that"))) as Line;
    const { id, clientId } = line;
    expect(await mal.lobby.ask("edit", { id, text: "I did say that" })).toEqual(notYours);
    expect(await mal.lobby.ask("delete", { id })).toEqual(notYours);
    expect(await mal.lobby.ask("say", { clientId, text: "instead of hers" })).toMatchObject({ from: "Mal" });
    expect(await ann.lobby.ask("history", {})).toMatchObject({ lines: [line, { text: "instead of hers" }] });
  });

  test("announces nothing without being the admin", async () => {
    await using chat = await stage.startChat();
    await using admin = await comeInAs(chat, "admin");
    await using mal = await comeInAs(chat, "Mal");
    const free = { text: "free money", from: "admin", isAdmin: true };
    expect(await mal.site.ask("announce", free)).toEqual({ error: { code: "notAdmin" } });
    await admin.site.ask("announce", { text: "there is no free money" });
    expect(await mal.site.next("announced")).toMatchObject({
      data: { from: "admin", text: "there is no free money" },
    });
  });

  test("is held to the limits: too long, empty, no frame at all, too fast", async () => {
    await using chat = await stage.startChat();
    await using mal = await comeInAs(chat, "Mal");
    for (const text of ["x".repeat(4_001), "   ", "\u0000", 7]) {
      const refused = { error: { code: "CONTRACT_MISMATCH", path: ["data", "text"] } };
      expect(await mal.lobby.ask("say", { ...message(""), text })).toMatchObject(refused);
    }
    mal.lobby.send("this is no JSON");
    expect(await mal.lobby.next("error")).toMatchObject({ error: {} });
    expect(await mal.lobby.ask("history", {})).toMatchObject({ lines: [] });
    for (let number = 0; number < 60; number++) mal.lobby.send({ type: "say", data: message(`${number}`) });
    expect(await mal.lobby.closed).toBe(4429);
  });
});
