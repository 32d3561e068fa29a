import { InMemoryChannelLayer } from "@solent/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Line } from "../../contract/words.ts";
import { draft } from "../conversations/test-people.ts";
import { roomPlace } from "../presence/places.ts";
import { TestChat, unread } from "./test-chat.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** A lobby that people have open, who have read what they were told when they came. */
async function lobby(...names: string[]) {
  const chat = await TestChat.open(...names);
  for (const name of names) await chat.join(name);
  const pages = [];
  for (const name of names) pages.push(await chat.room(name));
  for (const page of pages) await unread(chat, page);
  return { chat, pages, [Symbol.asyncDispose]: () => chat[Symbol.asyncDispose]() };
}

describe("coming into a room", () => {
  test("shows it as it is: who is here, what was said, how far one has read", async () => {
    await using chat = await TestChat.open("Ann", "Ben");
    await chat.join("Ann");
    await chat.join("Ben");
    const line = await chat.chat.rooms.say(chat.person("Ben"), "lobby", draft("hello"));
    const ann = await chat.room("Ann");
    expect(await ann.next()).toEqual({
      type: "welcome",
      data: {
        room: { name: "lobby", topic: "", isPrivate: false, people: 1 },
        people: ["Ann"],
        page: { lines: [line], hasOlder: false, hasNewer: false },
        revision: 1,
        readTo: 0,
        unread: 1,
        node: "node-1",
      },
    });
  });

  test("is told to those who are there: once for each person, however many pages they have", async () => {
    await using here = await lobby("Ann", "Ben");
    const { chat, pages } = here;
    const [ann] = pages;
    const second = await chat.room("Ben");
    expect((await second.next()).data).toMatchObject({ people: ["Ann", "Ben"], room: { people: 2 } });
    second.close();
    expect(await unread(chat, ann!)).toEqual([]);
    pages[1]?.vanish();
    expect(await unread(chat, ann!)).toEqual([{ type: "left", data: { name: "Ben" } }]);
    await chat.room("Ben");
    expect(await unread(chat, ann!)).toEqual([{ type: "came", data: { name: "Ben" } }]);
  });

  test.each([
    ["a public room that one has not joined", "lobby"],
    ["a private room of others", "plot"],
    ["a room that is not there", "nothing"],
  ])("is refused in the same way for %s", async (_, name) => {
    await using chat = await TestChat.open("Ann", "Eve");
    await chat.chat.memberships.create(chat.person("Ann"), { name: "plot", topic: "", isPrivate: true });
    await chat.chat.rooms.say(chat.person("Ann"), "plot", draft("a secret"));
    const eve = await chat.room("Eve", name);
    expect(await eve.closed()).toEqual({ code: 4403, reason: "denied" });
    expect(await unread(chat, eve)).toEqual([]);
    expect(await chat.chat.presence.names(roomPlace(name))).toEqual([]);
  });

  test("is refused to who is only invited", async () => {
    await using chat = await TestChat.open("Ann", "Ben");
    await chat.chat.memberships.create(chat.person("Ann"), { name: "plot", topic: "", isPrivate: true });
    await chat.chat.memberships.invite(chat.person("Ann"), "plot", chat.person("Ben"));
    const ben = await chat.room("Ben", "plot");
    expect(await ben.closed()).toMatchObject({ code: 4403 });
  });

  test("misses nothing: what is said while the page is being read comes after it", async () => {
    await using here = await lobby("Ann", "Ben");
    const { chat, pages } = here;
    const sent: unknown[] = [];
    const { rooms } = chat.chat;
    const read = rooms.welcome.bind(rooms);
    vi.spyOn(rooms, "welcome").mockImplementationOnce(async (...whoAndWhere) => {
      sent.push(await pages[0]?.call("say", draft("before")));
      const welcome = await read(...whoAndWhere);
      sent.push(await pages[0]?.call("say", draft("after")));
      return welcome;
    });
    const late = await chat.room("Ben");
    const [welcome, ...said] = await unread(chat, late);
    expect(welcome).toMatchObject({ type: "welcome", data: { page: { lines: [sent[0]] }, revision: 1 } });
    expect(said).toEqual(sent.map((line) => ({ type: "said", data: line })));
  });

  test("has a name in any script", async () => {
    await using chat = await TestChat.open("Ann", "Ben");
    await chat.chat.memberships.create(chat.person("Ann"), { name: "茶室", topic: "", isPrivate: false });
    await chat.join("Ben", "茶室");
    const ann = await chat.room("Ann", "茶室");
    const ben = await chat.room("Ben", "茶室");
    await unread(chat, ben);
    const line = await ann.call("say", draft("你好"));
    expect(await unread(chat, ben)).toEqual([{ type: "said", data: line }]);
  });
});

describe("what is said", () => {
  test("reaches every page in the room, the writer's included, and answers the writer's call", async () => {
    await using here = await lobby("Ann", "Ben", "Eve");
    const { chat, pages } = here;
    const sent = draft("hello");
    const line = await pages[0]?.call("say", sent);
    expect(line).toMatchObject({ ...sent, from: "Ann", state: "said" });
    for (const page of pages) expect(await unread(chat, page)).toEqual([{ type: "said", data: line }]);
  });

  test("twice under one clientId is told twice as the same line, and is there once", async () => {
    await using here = await lobby("Ann", "Ben");
    const { chat, pages } = here;
    const sent = draft("hello");
    const line = await pages[0]?.call("say", sent);
    expect(await pages[0]?.call("say", sent)).toEqual(line);
    const said = { type: "said", data: line };
    expect(await unread(chat, pages[1]!)).toEqual([said, said]);
    expect((await pages[1]!.call("history", {})).lines).toEqual([line]);
  });

  test("under a clientId of another conversation is refused", async () => {
    await using here = await lobby("Ann");
    const { chat, pages } = here;
    await chat.join("Ann", "ideas");
    const ideas = await chat.room("Ann", "ideas");
    const sent = draft("hello");
    await ideas.call("say", sent);
    await expect(pages[0]?.call("say", sent)).rejects.toMatchObject({ code: "notYours" });
    expect(await unread(chat, pages[0]!)).toEqual([]);
  });

  test("may be edited and deleted by who said it, and by nobody else", async () => {
    await using here = await lobby("Ann", "Ben");
    const { chat, pages } = here;
    const [ann, ben] = pages;
    const { id } = await ann!.call("say", draft("helo"));
    await unread(chat, ben!);
    await expect(ben!.call("edit", { id, text: "no" })).rejects.toMatchObject({ code: "notYours" });
    await expect(ben!.call("delete", { id })).rejects.toMatchObject({ code: "notYours" });
    const edited = await ann!.call("edit", { id, text: "hello" });
    const deleted = await ann!.call("delete", { id });
    expect(edited).toMatchObject({ id, text: "hello", state: "edited" });
    expect(deleted).toMatchObject({ id, text: "", state: "deleted" });
    await expect(ann!.call("edit", { id, text: "back" })).rejects.toMatchObject({ code: "notYours" });
    expect(await unread(chat, ben!)).toEqual([
      { type: "changed", data: edited },
      { type: "changed", data: deleted },
    ]);
  });

  test("while one was away is there as changes", async () => {
    await using here = await lobby("Ann", "Ben");
    const { chat, pages } = here;
    const first = await pages[0]!.call("say", draft("one"));
    pages[1]?.vanish();
    const second = await pages[0]!.call("say", draft("two"));
    const third = await pages[0]!.call("delete", { id: first.id });
    const ben = await chat.room("Ben");
    expect(await ben.call("changes", { since: first.revision })).toEqual({ lines: [second, third], isComplete: true });
  });

  test("is not heard in another room", async () => {
    await using here = await lobby("Ann", "Ben");
    const { chat, pages } = here;
    await chat.join("Ben", "ideas");
    const ideas = await chat.room("Ben", "ideas");
    await unread(chat, ideas);
    await pages[0]?.call("say", draft("hello"));
    expect(await unread(chat, ideas)).toEqual([]);
  });
});

describe("signs of life", () => {
  test("writing is told to the others, and not to the page that writes", async () => {
    await using here = await lobby("Ann", "Ben");
    const { chat, pages } = here;
    pages[0]?.send("typing");
    expect(await unread(chat, pages[1]!)).toEqual([{ type: "typing", data: { name: "Ann" } }]);
    expect(await unread(chat, pages[0]!)).toEqual([]);
  });

  test("reading is told to one's other pages, and to nobody else", async () => {
    await using here = await lobby("Ann", "Ben");
    const { chat, pages } = here;
    const second = await chat.room("Ben");
    const { id } = await pages[0]!.call("say", draft("hello"));
    for (const page of [...pages, second]) await unread(chat, page);
    pages[1]?.send("read", { upTo: id + 100 });
    expect(await unread(chat, second)).toEqual([{ type: "read", data: { upTo: id } }]);
    pages[1]?.send("read", { upTo: id });
    for (const page of [...pages, second]) expect(await unread(chat, page)).toEqual([]);
    const third = await chat.room("Ben");
    expect((await third.next()).data).toMatchObject({ readTo: id, unread: 0 });
  });
});

describe("members", () => {
  test("say what the room is about, and everybody hears it; of a private one only its members", async () => {
    await using here = await lobby("Ann", "Ben");
    const { chat, pages } = here;
    await chat.chat.memberships.create(chat.person("Ann"), { name: "plot", topic: "", isPrivate: true });
    const plot = await chat.room("Ann", "plot");
    const page = await chat.site("Ben");
    await unread(chat, plot);
    await unread(chat, page);
    await plot.call("describe", { topic: "a cake" });
    expect(await unread(chat, plot)).toMatchObject([{ type: "described", data: { name: "plot", topic: "a cake" } }]);
    expect(await unread(chat, page)).toEqual([]);
    await pages[0]?.call("describe", { topic: "welcome" });
    expect(await unread(chat, pages[1]!)).toMatchObject([{ type: "described", data: { topic: "welcome" } }]);
    expect(await chat.chat.memberships.findPublic("lobby")).toMatchObject({ topic: "welcome" });
  });

  test("invite others, who hear it on every page and may come in then", async () => {
    await using chat = await TestChat.open("Ann", "Ben", "Eve");
    const plotInfo = { name: "plot", topic: "a surprise", isPrivate: true };
    await chat.chat.memberships.create(chat.person("Ann"), plotInfo);
    const plot = await chat.room("Ann", "plot");
    const ben = await chat.site("Ben");
    const eve = await chat.site("Eve");
    await unread(chat, ben);
    await unread(chat, eve);
    await plot.call("invite", { name: "ben" });
    const invited = { room: { ...plotInfo, people: 1 }, membership: "invited" };
    expect(await unread(chat, ben)).toEqual([{ type: "membership", data: invited }]);
    expect(await unread(chat, eve)).toEqual([]);
    expect(await ben.call("joinRoom", { name: "plot" })).toMatchObject({ name: "plot" });
    expect(await (await chat.room("Ben", "plot")).next()).toMatchObject({ type: "welcome" });
    await plot.call("invite", { name: "Ben" });
    expect(await unread(chat, ben)).toMatchObject([{ type: "membership", data: { membership: "member" } }]);
  });

  test("cannot invite who does not exist, nor themselves", async () => {
    await using here = await lobby("Ann");
    await expect(here.pages[0]?.call("invite", { name: "Nobody" })).rejects.toMatchObject({ code: "nobody" });
    await expect(here.pages[0]?.call("invite", { name: "Ann" })).rejects.toMatchObject({ code: "nobody" });
  });

  test("who leave hear nothing more, in every page that they have open", async () => {
    await using here = await lobby("Ann", "Ben");
    const { chat, pages } = here;
    const second = await chat.room("Ben");
    const site = await chat.site("Ben");
    await site.call("leaveRoom", { name: "lobby" });
    await pages[0]?.call("say", draft("are they gone?"));
    for (const page of [pages[1]!, second]) {
      expect(await page.closed()).toEqual({ code: 4403, reason: "denied" });
      expect((await unread(chat, page)).map(({ type }) => type)).not.toContain("said");
    }
    expect(await unread(chat, pages[0]!)).toContainEqual({ type: "left", data: { name: "Ben" } });
  });
});

test("a page that lost something on the way is told how it is now, and stays", async () => {
  const layer = new InMemoryChannelLayer({ capacity: 2, overflow: "dropOldest" });
  await using chat = await TestChat.openWith({ layer }, "Ann", "Ben");
  await chat.join("Ann");
  await chat.join("Ben");
  const ann = await chat.room("Ann");
  const ben = await chat.room("Ben");
  await unread(chat, ben);
  const { rooms } = chat.chat;
  const history = rooms.history.bind(rooms);
  const lines: Line[] = [];
  // Ben's page asks for something that takes long, and meanwhile more is said than may wait for it.
  vi.spyOn(rooms, "history").mockImplementationOnce(async (...request) => {
    for (const text of ["one", "two", "three", "four"]) lines.push(await ann.call("say", draft(text)));
    return history(...request);
  });
  await ben.call("history", {});
  const heard = await unread(chat, ben);
  expect(heard).toContainEqual({
    type: "welcome",
    data: expect.objectContaining({ revision: 4, people: ["Ann", "Ben"] }),
  });
  expect(heard.length).toBeLessThan(lines.length + 1);
  expect((await ben.call("changes", { since: 0 })).lines).toEqual(lines);
});
