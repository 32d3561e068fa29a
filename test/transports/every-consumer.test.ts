import type { ConnectTransport } from "@solent/client/http";
import { describe, expect, test } from "vitest";
import { until } from "../support/turns.ts";
import { ChatWorld } from "./chat-world.ts";
import { consumers, Desk, ends } from "./consumers.ts";
import { openRaw, type RawClient } from "./raw-client.ts";

const transports: readonly ConnectTransport[] = ["websocket", "sse", "stream", "poll"];
const worlds = transports.flatMap((transport) => [1, 3].map((nodes) => ({ transport, nodes })));
const said = (text: string): string => JSON.stringify({ type: "said", data: { text } });

describe.each(worlds)("over $transport, with $nodes nodes and without our client", ({ transport, nodes }) => {
  const open = (world: ChatWorld, path: string) => openRaw(transport, world.url + path);

  test("texts of any form, and bytes, of every length class go up and down as they are", async () => {
    await using world = await ChatWorld.start(nodes);
    await using client = await open(world, "/echo");
    const texts = ["", "one\r\ntwo\n", "\ufeffdata: \u2028\ud83c\udf0a", "x".repeat(126), "\u00e9".repeat(40_000)];
    const bytes = [0, 1, 125, 126, 65_535, 65_536].map((length) => Buffer.alloc(length, 0xc3));
    for (const frame of [...texts, ...bytes]) {
      await client.send(frame);
      const heard = await client.heard.next();
      expect([heard.length, Buffer.from(heard).equals(Buffer.from(frame)), typeof heard]).toEqual([
        frame.length,
        true,
        typeof frame,
      ]);
    }
    await client.close();
    await expect.poll(() => ends).toEqual(["/echo 1000 client"]);
  });

  test("a consumer at the level of the protocol is told the same, and closes as it says", async () => {
    await using world = await ChatWorld.start(nodes);
    await using ann = await open(world, "/low");
    await using ben = await open(world, "/low");
    await ann.send("hello");
    expect([await ann.heard.next(), await ben.heard.next()]).toEqual(["hello", "hello"]);
    await ann.send(Uint8Array.of(1, 2, 3));
    expect(await ann.heard.next()).toEqual(Buffer.of(3, 2, 1));
    await ben.send("bye");
    expect(await ben.end).toEqual({ code: 4000, reason: "enough" });
    await expect.poll(() => ends).toEqual(["/low 4000 server"]);
  });

  test("the server asks and is answered, and a group's sender may be left out", async () => {
    await using world = await ChatWorld.start(nodes);
    await using ann = await open(world, "/desk");
    await using ben = await open(world, "/desk");
    await ann.send('{"type":"ask","data":{"text":"sure?"}}');
    const { id, ...question } = JSON.parse(String(await ann.heard.next())) as { id: number };
    expect(question).toEqual({ type: "confirm", data: { text: "sure?" } });
    await ann.send(JSON.stringify({ re: id, data: true }));
    expect(await ann.heard.next()).toBe(said("yes"));
    await ann.send('{"type":"tell","data":{"text":"from ann"}}');
    await ben.send('{"type":"tell","data":{"text":"from ben"}}');
    expect([await ann.heard.next(), await ben.heard.next()]).toEqual([said("from ben"), said("from ann")]);
  });

  test("who reads too slowly misses what is volatile or replaced, and nothing else", async () => {
    await using world = await ChatWorld.start(nodes, { limits: { maxOutboxBytes: 30_000_000 } });
    await using slow = await open(world, "/desk");
    await using ann = await open(world, "/desk");
    slow.pause();
    await fallBehind(ann);
    const before = lines();
    const texts = ["cursor ann 1", "cursor ben 1", "typing ann", "cursor ann 2", "between", "last"];
    for (const text of texts) await tell(ann, text);
    await until(() => lines() === before + texts.length);
    slow.resume();
    expect(await readUntil(slow, said("last"))).toEqual([
      '{"type":"cursor","data":{"who":"ben","at":1}}',
      '{"type":"cursor","data":{"who":"ann","at":2}}',
      said("between"),
    ]);
  });

  test("who reads nothing is cut off when its outbox is full, and the others hear everything", async () => {
    await using world = await ChatWorld.start(nodes, { limits: { maxOutboxBytes: 150_000, closeTimeoutMs: 100 } });
    await using slow = await open(world, "/desk");
    await using ann = await open(world, "/desk");
    await using ben = await open(world, "/desk");
    slow.pause();
    let count = 0;
    while (ends.length === 0) {
      await tell(ann, "fill");
      await tell(ann, `${(count += 1)}`);
      expect(await readUntil(ben, said(`${count}`))).toEqual([]);
    }
    expect(ends).toEqual(["/desk 1013 error"]);
    expect(world.connections).toBe(2);
  });

  test.each([
    [0, 1001, "going away"],
    [20, 1012, "service restart"],
  ])("a server that closes within %i ms says so with %i", async (drainMs, code, reason) => {
    await using world = await ChatWorld.start(nodes);
    const clients = await Promise.all([1, 2, 3].map(() => open(world, "/echo")));
    // Each reads, or has asked for what comes next.
    await until(() => [...consumers].every(({ connection }) => connection.bufferedBytes === 0));
    await Promise.all(world.servers.map((server) => server.close({ drainMs })));
    for (const client of clients) {
      expect(await client.end).toEqual({ code, reason });
      await client[Symbol.asyncDispose]();
    }
    expect(ends).toEqual(clients.map(() => `/echo ${code} shutdown`));
  });
});

async function tell(client: RawClient, text: string): Promise<void> {
  await client.send(JSON.stringify({ type: "tell", data: { text } }));
}

const desks = (): Desk[] => [...consumers].filter((each) => each instanceof Desk);

/** How many lines all desks have heard. */
const lines = (): number => desks().reduce((sum, desk) => sum + desk.lines, 0);

/** Fills the way to whoever does not read, until nothing more of it is taken. */
async function fallBehind(client: RawClient): Promise<void> {
  const waiting = (): number => desks().reduce((sum, { connection }) => sum + connection.bufferedBytes, 0);
  for (let untaken = 0; untaken < 8;) {
    const [count, bytes] = [lines(), waiting()];
    await tell(client, "fill");
    await until(() => lines() > count);
    untaken = waiting() - bytes >= 100_000 ? untaken + 1 : 0;
  }
}

/** What is heard before a certain text, but the filling. */
async function readUntil(client: RawClient, last: string): Promise<string[]> {
  const heard: string[] = [];
  for (let next = await client.heard.next(); next !== last; next = await client.heard.next()) heard.push(String(next));
  return heard.filter((text) => !text.startsWith('{"type":"filler"'));
}
