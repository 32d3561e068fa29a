import { InMemoryChannelLayer } from "@solent/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { maxWaitingEvents } from "../chat.ts";
import { draft } from "../conversations/test-people.ts";
import { TestChat, unread } from "./test-chat.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const tea = { name: "tea", topic: "green or black", isPrivate: false };
const plot = { name: "plot", topic: "a surprise", isPrivate: true };

/** Pages of people who have read what they were told when they came. */
async function pagesOf(...names: string[]) {
  const chat = await TestChat.open(...new Set(names));
  const pages = [];
  for (const name of names) pages.push(await chat.site(name));
  for (const page of pages) await unread(chat, page);
  return { chat, pages, [Symbol.asyncDispose]: () => chat[Symbol.asyncDispose]() };
}

describe("coming to the site", () => {
  test("shows who is here and which rooms there are; who is new begins in the lobby", async () => {
    await using here = await pagesOf("Ben");
    const { chat } = here;
    await chat.add("Ann");
    const ann = await chat.site("Ann");
    const given = { topic: "", isPrivate: false, people: 0 };
    expect(await ann.next()).toEqual({
      type: "welcome",
      data: {
        people: ["Ann", "Ben"],
        rooms: [
          { room: { name: "lobby", ...given }, membership: "member" },
          { room: { name: "ideas", ...given }, membership: "none" },
          { room: { name: "random", ...given }, membership: "none" },
        ],
        announcements: [],
        node: "node-1",
      },
    });
  });

  test("is told to everybody once for each person, and so is leaving", async () => {
    await using here = await pagesOf("Ann");
    const { chat, pages } = here;
    await chat.add("Ben");
    const tabs = [await chat.site("Ben"), await chat.site("Ben")];
    expect(await unread(chat, pages[0]!)).toEqual([{ type: "came", data: { name: "Ben" } }]);
    tabs[0]?.close();
    expect(await unread(chat, pages[0]!)).toEqual([]);
    tabs[1]?.vanish();
    expect(await unread(chat, pages[0]!)).toEqual([{ type: "left", data: { name: "Ben" } }]);
  });
});

test("everybody who comes at the same moment gets in, as after a restart", async () => {
  const names = Array.from({ length: 120 }, (_, number) => `person${number}`);
  const layer = new InMemoryChannelLayer({ capacity: maxWaitingEvents });
  await using chat = await TestChat.openWith({ layer }, ...names);
  const pages = await Promise.all(names.map((name) => chat.site(name)));
  await chat.server.idle();
  expect(chat.server.connectionCount).toBe(names.length);
  for (const page of pages) expect((await page.next()).type).toBe("welcome");
});

describe("rooms", () => {
  test("that are public are told to everybody, with how many people are there", async () => {
    await using here = await pagesOf("Ann", "Ben");
    const { chat, pages } = here;
    expect(await pages[0]!.call("createRoom", tea)).toEqual({ ...tea, people: 0 });
    expect(await unread(chat, pages[1]!)).toEqual([{ type: "room", data: { ...tea, people: 0 } }]);
    await expect(pages[1]!.call("createRoom", { ...tea, name: "TEA" })).rejects.toMatchObject({ code: "taken" });
    await chat.room("Ann", "ideas").catch(() => {});
    await pages[1]!.call("joinRoom", { name: "tea" });
    expect(await (await chat.room("Ben", "tea")).next()).toMatchObject({ data: { room: { people: 1 } } });
  });

  test("that are private are told to nobody, and their names are not given away by joining or leaving", async () => {
    await using here = await pagesOf("Ann", "Eve");
    const { chat, pages } = here;
    const eve = pages[1]!;
    await pages[0]!.call("createRoom", plot);
    const open = await chat.room("Ann", "plot");
    await open.call("say", draft("a secret"));
    await open.call("describe", { topic: "more secrets" });
    for (const name of ["plot", "no-such-room"]) {
      await expect(eve.call("joinRoom", { name })).rejects.toMatchObject({ code: "closed" });
      expect(await eve.call("leaveRoom", { name })).toBeUndefined();
    }
    expect(await unread(chat, eve)).toEqual([]);
    const again = await chat.site("Eve");
    expect(JSON.stringify(await again.next())).not.toContain("plot");
  });

  test("that one joins or leaves in one page change in all of one's pages, and in nobody else's", async () => {
    await using here = await pagesOf("Ann", "Ann", "Ben");
    const { chat, pages } = here;
    const joined = await pages[0]!.call("joinRoom", { name: "ideas" });
    await pages[1]!.call("leaveRoom", { name: "ideas" });
    for (const page of [pages[0]!, pages[1]!])
      expect(await unread(chat, page)).toEqual([
        { type: "membership", data: { room: joined, membership: "member" } },
        { type: "membership", data: { room: joined, membership: "none" } },
      ]);
    expect(await unread(chat, pages[2]!)).toEqual([]);
  });

  test("that many people enter at once are told of at most once a second", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const names = Array.from({ length: 10 }, (_, number) => `person${number}`);
    await using here = await pagesOf("Ann", ...names);
    const { chat, pages } = here;
    for (const page of pages) page.close();
    const ann = await chat.site("Ann");
    await unread(chat, ann);
    const people = async () =>
      (await unread(chat, ann)).flatMap((message) => (message.type === "room" ? [message.data.people] : []));

    const inside = [];
    for (const name of names) inside.push(await chat.room(name));
    expect(await people()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await expect.poll(people).toEqual([10]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await people()).toEqual([]);
    for (const page of inside) page.close();
    expect(await people()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await expect.poll(people).toEqual([0]);
  });
});

test("people are found by how their names begin, whether they are here or not", async () => {
  await using here = await pagesOf("Ann");
  for (const name of ["Ben", "Bea", "Eve"]) await here.chat.add(name);
  expect(await here.pages[0]!.call("find", { name: "b" })).toEqual({ names: ["Bea", "Ben"] });
  expect(await here.pages[0]!.call("find", { name: "a" })).toEqual({ names: [] });
});

describe("announcements", () => {
  test("of the admin reach everybody, also who comes later", async () => {
    await using here = await pagesOf("Admin", "Ann", "Ben");
    const { chat, pages } = here;
    await pages[0]!.call("announce", { text: "tea at four" });
    const announced = { id: 1, from: "Admin", text: "tea at four", at: expect.any(Number) };
    for (const page of pages) expect(await unread(chat, page)).toEqual([{ type: "announced", data: announced }]);
    await chat.add("Late");
    expect((await (await chat.site("Late")).next()).data).toMatchObject({ announcements: [announced] });
  });

  test("of anybody else are refused", async () => {
    await using here = await pagesOf("Admin", "Eve");
    const { chat, pages } = here;
    await expect(pages[1]!.call("announce", { text: "party!" })).rejects.toMatchObject({ code: "notAdmin" });
    expect(await unread(chat, pages[0]!)).toEqual([]);
  });
});

describe("signing out", () => {
  async function everything(chat: TestChat, name: string) {
    return [await chat.site(name), await chat.direct(name), await chat.room(name)];
  }

  test("closes everything that the person has open, and nothing of others", async () => {
    await using chat = await TestChat.open("Ann", "Ben");
    await chat.join("Ann");
    await chat.join("Ben");
    const anns = await everything(chat, "Ann");
    const bens = await everything(chat, "Ben");
    await chat.signOut("Ann");
    await chat.server.idle();
    for (const client of anns) expect(await client.closed()).toEqual({ code: 4401, reason: "unauthenticated" });
    for (const client of bens) expect(() => client.sendFrame("{}")).not.toThrow();
  });

  test("on another device leaves this one open", async () => {
    await using chat = await TestChat.open("Ann");
    await chat.join("Ann");
    const pages = await everything(chat, "Ann");
    await chat.endSession("Ann", "another-session");
    await chat.server.idle();
    for (const client of pages) expect(() => client.sendFrame("{}")).not.toThrow();
  });

  test("between the handshake and the first message is not missed", async () => {
    await using chat = await TestChat.open("Ann");
    await chat.join("Ann");
    await chat.signOut("Ann");
    for (const client of await everything(chat, "Ann")) {
      expect(await client.closed()).toEqual({ code: 4401, reason: "unauthenticated" });
      expect(client.pending).toBe(0);
    }
  });

  test("while the first message is being read closes the connection after it", async () => {
    await using chat = await TestChat.open("Ann");
    const { directs } = chat.chat;
    const read = directs.welcome.bind(directs);
    vi.spyOn(directs, "welcome").mockImplementationOnce(async (me) => {
      const welcome = await read(me);
      await chat.signOut("Ann");
      return welcome;
    });
    expect(await (await chat.direct("Ann")).closed()).toMatchObject({ code: 4401 });
  });
});
