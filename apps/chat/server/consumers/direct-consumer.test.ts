import { afterEach, describe, expect, test, vi } from "vitest";
import { draft } from "../conversations/test-people.ts";
import { TestChat, unread } from "./test-chat.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Direct messages of people who have read what they were told when they came. */
async function pagesOf(...names: string[]) {
  const chat = await TestChat.open(...new Set(names));
  const pages = [];
  for (const name of names) pages.push(await chat.direct(name));
  for (const page of pages) await unread(chat, page);
  return { chat, pages, [Symbol.asyncDispose]: () => chat[Symbol.asyncDispose]() };
}

describe("telling somebody", () => {
  test("reaches every page of the two, and nobody else", async () => {
    await using here = await pagesOf("Ann", "Ben", "Eve", "Ben");
    const { chat, pages } = here;
    const sent = draft("psst");
    const line = await pages[0]!.call("tell", { to: "ben", ...sent });
    expect(line).toMatchObject({ ...sent, from: "Ann", to: "Ben", state: "said" });
    for (const page of [0, 1, 3]) expect(await unread(chat, pages[page]!)).toEqual([{ type: "told", data: line }]);
    expect(await unread(chat, pages[2]!)).toEqual([]);
  });

  test("who is away is told when they come", async () => {
    await using chat = await TestChat.open("Ann", "Ben");
    const ann = await chat.direct("Ann");
    const line = await ann.call("tell", { to: "Ben", ...draft("call me") });
    const ben = await chat.direct("Ben");
    const none = { deliveredTo: 0, readTo: 0 };
    expect(await ben.next()).toEqual({
      type: "welcome",
      data: {
        node: "node-1",
        revision: 1,
        conversations: [{ with: "Ann", last: line, unread: 1, mine: none, theirs: none }],
      },
    });
    expect((await ben.call("history", { with: "Ann" })).lines).toEqual([line]);
  });

  test.each(["Nobody", "Ann", "ann"])("is refused for %s, who is nobody else", async (to) => {
    await using here = await pagesOf("Ann");
    const { pages } = here;
    await expect(pages[0]!.call("tell", { to, ...draft("hello") })).rejects.toMatchObject({ code: "nobody" });
    await expect(pages[0]!.call("history", { with: to })).rejects.toMatchObject({ code: "nobody" });
    pages[0]!.send("typing", { to });
    pages[0]!.send("mark", { with: to, readTo: 1 });
    expect(await unread(here.chat, pages[0]!)).toEqual([]);
  });

  test("under a clientId of another conversation is refused", async () => {
    await using here = await pagesOf("Ann", "Ben", "Eve");
    const { chat, pages } = here;
    const sent = draft("hello");
    await pages[0]!.call("tell", { to: "Ben", ...sent });
    await expect(pages[0]!.call("tell", { to: "Eve", ...sent })).rejects.toMatchObject({ code: "notYours" });
    expect(await unread(chat, pages[2]!)).toEqual([]);
  });

  test("misses nobody who is just coming", async () => {
    await using here = await pagesOf("Ann", "Ben");
    const { chat, pages } = here;
    const { directs } = chat.chat;
    const read = directs.welcome.bind(directs);
    const told: unknown[] = [];
    vi.spyOn(directs, "welcome").mockImplementationOnce(async (me) => {
      const welcome = await read(me);
      told.push(await pages[0]!.call("tell", { to: "Ben", ...draft("hello") }));
      return welcome;
    });
    const late = await chat.direct("Ben");
    expect(await unread(chat, late)).toEqual([
      { type: "welcome", data: { conversations: [], revision: 0, node: "node-1" } },
      { type: "told", data: told[0] },
    ]);
  });
});

test("what was told may be edited and deleted by who told it, and both see it", async () => {
  await using here = await pagesOf("Ann", "Ben", "Eve");
  const { chat, pages } = here;
  const { id } = await pages[0]!.call("tell", { to: "Ben", ...draft("helo") });
  await unread(chat, pages[1]!);
  for (const other of [pages[1]!, pages[2]!]) {
    await expect(other.call("edit", { id, text: "no" })).rejects.toMatchObject({ code: "notYours" });
    await expect(other.call("delete", { id })).rejects.toMatchObject({ code: "notYours" });
  }
  const edited = await pages[0]!.call("edit", { id, text: "hello" });
  const deleted = await pages[0]!.call("delete", { id });
  const changes = [edited, deleted].map((data) => ({ type: "changed", data }));
  expect(await unread(chat, pages[1]!)).toEqual(changes);
  expect(await unread(chat, pages[2]!)).toEqual([]);
  expect(deleted).toMatchObject({ text: "", state: "deleted" });
});

test("a third gets nothing of it, by any frame", async () => {
  await using here = await pagesOf("Ann", "Ben", "Eve");
  const { chat, pages } = here;
  const eve = pages[2]!;
  const { id } = await pages[0]!.call("tell", { to: "Ben", ...draft("a secret") });
  for (const name of ["Ann", "Ben"]) {
    expect((await eve.call("history", { with: name })).lines).toEqual([]);
    expect((await eve.call("history", { with: name, around: id })).lines).toEqual([]);
    eve.send("mark", { with: name, deliveredTo: id, readTo: id });
  }
  expect((await eve.call("changes", { since: 0 })).lines).toEqual([]);
  eve.sendFrame(JSON.stringify({ type: "history", id: 99, data: { with: { id: 1 }, before: "1 or 1=1" } }));
  eve.sendFrame(JSON.stringify({ type: "direct.told", data: {} }));
  expect(await unread(chat, eve)).toEqual([]);
  for (const page of [pages[0]!, pages[1]!])
    expect((await unread(chat, page)).map(({ type }) => type)).toEqual(["told"]);
});

test("how far one has come is told to both, and is there for who comes later", async () => {
  await using here = await pagesOf("Ann", "Ben", "Eve");
  const { chat, pages } = here;
  const { id } = await pages[0]!.call("tell", { to: "Ben", ...draft("hello") });
  for (const page of pages) await unread(chat, page);
  pages[1]!.send("mark", { with: "Ann", deliveredTo: id + 5 });
  const delivered = { type: "marked", data: { by: "Ben", with: "Ann", deliveredTo: id, readTo: 0 } };
  for (const page of [0, 1]) expect(await unread(chat, pages[page]!)).toEqual([delivered]);
  pages[1]!.send("mark", { with: "Ann", readTo: id });
  pages[1]!.send("mark", { with: "Ann", readTo: id });
  expect(await unread(chat, pages[0]!)).toMatchObject([{ type: "marked", data: { readTo: id } }]);
  expect(await unread(chat, pages[2]!)).toEqual([]);
  const again = await chat.direct("Ann");
  expect((await again.next()).data).toMatchObject({ conversations: [{ theirs: { deliveredTo: id, readTo: id } }] });
});

test("writing is told to the one it is written to", async () => {
  await using here = await pagesOf("Ann", "Ben", "Eve");
  const { chat, pages } = here;
  pages[0]!.send("typing", { to: "Ben" });
  expect(await unread(chat, pages[1]!)).toEqual([{ type: "typing", data: { from: "Ann" } }]);
  for (const page of [0, 2]) expect(await unread(chat, pages[page]!)).toEqual([]);
});
