import { path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import type { HubChannelLayer } from "@solent/core/layer";
import { testServer } from "@solent/core/testing";
import { createSender, RedisPubSubChannelLayer, type RedisPubSubChannelLayerOptions } from "@solent/redis-layer";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { groupChannel, hostIndex } from "../../packages/redis-layer/src/wire/channels-redis-names.ts";
import { Queue } from "../support/queue.ts";
import { eventually } from "../support/redis/eventually.ts";
import { endAll, type RedisProcess, redisProcesses } from "../support/redis/redis-process.ts";
import { ChannelsRedisPeer, findPython } from "./channels-redis-peer.ts";

const INSTALL_TIMEOUT_MS = 10 * 60_000;
const keys = ["a new key", "ein älterer Schlüssel"];

/** What both sides are told, in their own words. */
interface Shared {
  readonly hosts: 1 | 3;
  readonly serializer: "msgpack" | "json";
  readonly keys: readonly string[];
}

// Started last, ended first.
const parts: AsyncDisposable[] = [];
let servers: readonly RedisProcess[];
let django: ChannelsRedisPeer;

beforeAll(async () => {
  servers = await redisProcesses([{}, {}, {}]);
  parts.unshift(...servers);
  django = new ChannelsRedisPeer(await findPython());
  parts.unshift(django);
}, INSTALL_TIMEOUT_MS);

afterAll(() => endAll(parts));

beforeEach(() => {
  django.heard.all();
});

let services = 0;

/** A layer of Django and one of Solent that share Redis, under a prefix of their own. */
async function share({ hosts, serializer, keys: own }: Shared): Promise<{
  readonly solent: RedisPubSubChannelLayer;
  readonly layer: string;
  readonly prefix: string;
}> {
  services += 1;
  const prefix = `service${services}.`;
  const urls = servers.slice(0, hosts).map(({ url }) => url);
  const layer = `layer ${services}`;
  await django.ask("open", { layer, hosts: urls, prefix, serializer, keys: own.length === 0 ? null : own });
  const solent = await solentLayer({
    prefix,
    serializerFormat: serializer,
    symmetricEncryptionKeys: own,
    redis: { servers: urls },
  });
  return { solent, layer, prefix };
}

async function solentLayer(options: RedisPubSubChannelLayerOptions): Promise<RedisPubSubChannelLayer> {
  const solent = new RedisPubSubChannelLayer({ wire: "channels_redis", ...options });
  onTestFinished(() => solent.close());
  await solent.ready();
  return solent;
}

/** A member of groups on Solent's side: what it hears, and its name. */
async function member(solent: HubChannelLayer, ...groups: readonly string[]) {
  const heard = new Queue<unknown>();
  const deliver = ({
    meta: { type, group },
    data,
  }: {
    meta: { type: string; group: string | undefined };
    data: object;
  }) => {
    heard.push({ type, group, ...data });
    return true;
  };
  const seat = solent.attach({ deliver });
  for (const group of groups) await seat.join(group);
  return { heard, name: seat.channelName };
}

/** Resolves when so many are subscribed: the original does not wait for the answer itself. */
async function subscribed(channel: string, hosts: number, count: number): Promise<void> {
  const { control } = servers[hostIndex(channel, hosts)]!;
  await eventually(`${channel} has ${count} subscribers`, async () => {
    const [, subscribers] = await control.pubsub("NUMSUB", channel);
    return Number(subscribers) === count;
  });
}

/** A channel of Django in a group, where Solent's member is already. */
async function djangoChannel(layer: string, group: string, at: { readonly prefix: string; readonly hosts: number }) {
  const channel: string = await django.ask("new_channel", { layer });
  await django.ask("group_add", { layer, group, channel });
  await subscribed(groupChannel(at.prefix, group), at.hosts, 2);
  return channel;
}

const wires: readonly [string, Shared][] = [
  ["with the original's defaults", { hosts: 1, serializer: "msgpack", keys: [] }],
  ["with three hosts", { hosts: 3, serializer: "msgpack", keys: [] }],
  ["encrypted", { hosts: 1, serializer: "msgpack", keys }],
  ["encrypted, with three hosts and JSON", { hosts: 3, serializer: "json", keys }],
];

describe.each(wires)("Django Channels and RedisPubSubChannelLayer, %s", (_, shared) => {
  // One of them on each of three hosts.
  const rooms = (prefix: string): string[] =>
    Array.from({ length: shared.hosts }, (_unused, host) => {
      const all = Array.from({ length: 100 }, (_room, i) => `room.${i}`);
      return all.find((room) => hostIndex(groupChannel(prefix, room), shared.hosts) === host)!;
    });

  test("share groups, and both hear everything in one order", async () => {
    const { solent, layer, prefix } = await share(shared);
    for (const group of rooms(prefix)) {
      const { heard } = await member(solent, group);
      const channel = await djangoChannel(layer, group, { prefix, hosts: shared.hosts });
      const said = [];
      for (let n = 0; n < 5; n += 1) {
        const text = `é😀 ${n}`;
        await solent.groupSend(group, { type: "chat.message", from: "solent", n, text, more: [null, true, 1.5, {}] });
        await django.ask("group_send", { layer, group, message: { type: "chat.message", from: "django", n, text } });
        said.push({ type: "chat.message", from: "solent", n, text, more: [null, true, 1.5, {}] });
        said.push({ type: "chat.message", from: "django", n, text });
      }
      const theirs = await django.heard.take(said.length);
      expect(theirs).toEqual(theirs.map(({ message }) => ({ layer, channel, message })));
      const ours = (await heard.take(said.length)) as Record<string, unknown>[];
      expect(ours.map(({ group: _group, ...message }) => message)).toEqual(theirs.map(({ message }) => message));
      const from = (who: string) => (message: unknown) => (message as { from: string }).from === who;
      for (const who of ["solent", "django"]) {
        expect(theirs.map(({ message }) => message).filter(from(who))).toEqual(said.filter(from(who)));
      }
    }
    expect(solent.stats()).toMatchObject({ malformed: 0, refused: 0, gaps: 0 });
  });

  test("send to each other's channels by name", async () => {
    const { solent, layer } = await share(shared);
    for (let n = 0; n < 6; n += 1) {
      const theirs: string = await django.ask("new_channel", { layer });
      await subscribed(theirs, shared.hosts, 1);
      await solent.send(theirs, { type: "direct.message", n });
      expect(await django.heard.next()).toEqual({ layer, channel: theirs, message: { type: "direct.message", n } });

      const { heard, name } = await member(solent);
      await django.ask("send", { layer, channel: name, message: { type: "direct.message", n } });
      expect(await heard.next()).toEqual({ type: "direct.message", group: undefined, n });
    }
    const opened = await solent.newChannel({ prefix: "worker." });
    await solent.settled();
    await django.ask("send", { layer, channel: opened.name, message: { type: "direct.message" } });
    expect(await opened.receive({ timeoutMs: 5000 })).toEqual({ type: "direct.message" });
  });

  test("hear of each other that nobody listens", async () => {
    const { solent, prefix } = await share(shared);
    const nobody = `${prefix}specific.${"0123456789abcdef".repeat(2)}`;
    const sending = solent.send(nobody, { type: "direct.message" });
    await expect(sending).rejects.toMatchObject({ code: "CHANNEL_UNREACHABLE" });
    await solent.groupSend("nobody", { type: "chat.message" });
  });
});

class Room extends WebSocketConsumer {
  static override readonly groups = ["room"];

  override async receive(text: string) {
    await this.layer.groupSend("room", { type: "chat.message", text, to: this.channelName });
  }

  chat_message({ text }: { text: string }) {
    this.send(text);
  }
}

describe("RedisPubSubChannelLayer beside Django Channels", () => {
  const plain: Shared = { hosts: 1, serializer: "msgpack", keys: [] };

  test("counts poison of Django's services, and goes on", async () => {
    const { solent, layer } = await share(plain);
    const { heard, name } = await member(solent, "room");
    const poison = [
      new Map<unknown, unknown>([
        ["type", "chat.message"],
        [1, 2],
      ]),
      { text: "no type" },
      { type: 7 },
      { type: "chat" },
      { type: "websocket.close", code: 1000 },
      { type: "group.gap", group: "room" },
      { type: "solent.flush", node: solent.node, number: 1 },
      ["chat.message"],
      "chat.message",
    ];
    for (const message of poison) {
      await django.ask("group_send", { layer, group: "room", message });
      await django.ask("send", { layer, channel: name, message });
    }
    await django.ask("group_send", { layer, group: "room", message: { type: "chat.message", n: 1 } });
    await django.ask("send", { layer, channel: name, message: { type: "chat.message", n: 2 } });
    expect(await heard.take(2)).toEqual([
      { type: "chat.message", group: "room", n: 1 },
      { type: "chat.message", group: undefined, n: 2 },
    ]);
    expect(solent.stats()).toMatchObject({ malformed: 2 * poison.length, faults: 0, memberships: 1 });
    await solent.groupSend("room", { type: "chat.message", n: 3 });
    expect(await heard.next()).toMatchObject({ n: 3 });
  });

  test("counts what is in clear, or of another key, where everybody encrypts", async () => {
    const { solent, prefix } = await share({ ...plain, keys });
    const { heard } = await member(solent, "room");
    for (const own of [[], ["a stranger's"]]) {
      const stranger = await solentLayer({ prefix, symmetricEncryptionKeys: own, redis: servers[0]!.url });
      await stranger.groupSend("room", { type: "chat.message", own: "no" });
    }
    const friend = await solentLayer({ prefix, symmetricEncryptionKeys: [keys[1]!], redis: servers[0]!.url });
    await friend.groupSend("room", { type: "chat.message", own: "yes" });
    expect(await heard.next()).toMatchObject({ own: "yes" });
    expect(solent.stats().malformed).toBe(2);
  });

  test("ends no consumer of Django with anything that it lets a service send", async () => {
    for (const shared of [plain, { ...plain, serializer: "json" as const }]) {
      const { solent, layer, prefix } = await share(shared);
      const channel: string = await django.ask("consume", { layer, group: "room" });
      await subscribed(groupChannel(prefix, "room"), 1, 1);
      let sent = 0;
      const refused: string[] = [];
      for (const [what, fields] of Object.entries(odd())) {
        const sending = solent.groupSend("room", { type: "chat.message", ...fields });
        await sending.then(
          () => (sent += 1),
          (error: { code: string }) => refused.push(`${what}: ${error.code}`),
        );
        await solent.send(channel, { type: "chat.message", ...fields }).then(
          () => (sent += 1),
          () => undefined,
        );
      }
      const isJson = shared.serializer === "json";
      expect(refused).toEqual(isJson ? ["bytes: EVENT_INVALID"] : ["half a surrogate: EVENT_INVALID"]);
      await solent.groupSend("room", { type: "chat.message", last: true });
      const told = await django.heard.take(sent + 1);
      expect(told.filter(({ failed }) => failed !== undefined)).toEqual([]);
      expect(told.at(-1)).toEqual({ layer, channel, message: { type: "chat.message", last: true } });
    }
  });

  test("shares a group among several nodes of both", async () => {
    const { solent, layer, prefix } = await share(plain);
    const second = await solentLayer({ prefix, redis: servers[0]!.url });
    const heard = [(await member(solent, "room")).heard, (await member(second, "room")).heard];
    await django.ask("consume", { layer, group: "room" });
    await subscribed(groupChannel(prefix, "room"), 1, 3);
    await Promise.all([
      second.groupSend("room", { type: "chat.message", n: 1 }),
      solent.groupSend("room", { type: "chat.message", n: 2 }),
      django.ask("group_send", { layer, group: "room", message: { type: "chat.message", n: 3 } }),
    ]);
    const number = (message: unknown) => (message as { n: number }).n;
    const orders = await Promise.all(heard.map(async (each) => (await each.take(3)).map(number)));
    const theirs = (await django.heard.take(3)).map(({ message }) => number(message));
    expect(theirs.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(orders).toEqual([theirs, theirs]);
  });

  test("is not needed to send: a script reaches groups, channels and workers of Django", async () => {
    const { layer, prefix } = await share({ ...plain, keys });
    const options = { prefix, symmetricEncryptionKeys: keys, redis: servers[0]!.url };
    const channel: string = await django.ask("consume", { layer, group: "room" });
    await django.ask("listen", { layer, channel: `${prefix}worker` });
    for (const name of [groupChannel(prefix, "room"), channel, `${prefix}worker`]) await subscribed(name, 1, 1);
    await using sender = createSender({ wire: "channels_redis", ...options });
    await sender.groupSend("room", { type: "chat.message", n: 1 });
    expect(await django.heard.next()).toEqual({ layer, channel, message: { type: "chat.message", n: 1 } });
    await sender.send(channel, { type: "chat.message", n: 2 });
    expect(await django.heard.next()).toEqual({ layer, channel, message: { type: "chat.message", n: 2 } });
    await sender.send(`${prefix}worker`, { type: "work.item", n: 3 });
    expect(await django.heard.next()).toMatchObject({
      channel: `${prefix}worker`,
      message: { type: "work.item", n: 3 },
    });
  });

  test("joins consumers of both, and each answers the other by its channel name", async () => {
    const { solent, layer, prefix } = await share(plain);
    await django.ask("consume", { layer, group: "room" });
    await subscribed(groupChannel(prefix, "room"), 1, 1);
    const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/", Room)]) });
    await using server = testServer(app, { layer: solent });
    const client = await server.connect("/");

    client.sendFrame("hello, Django");
    expect(await client.nextFrame()).toBe("hello, Django");
    const { message } = (await django.heard.next()) as { message: { type: string; text: string; to: string } };
    expect(message).toMatchObject({ type: "chat.message", text: "hello, Django" });

    await django.ask("send", { layer, channel: message.to, message: { type: "chat.message", text: "hello, you" } });
    expect(await client.nextFrame()).toBe("hello, you");
    await django.ask("group_send", { layer, group: "room", message: { type: "chat.message", text: "hello, all" } });
    expect(await client.nextFrame()).toBe("hello, all");
  });

  test("tells of a hole after a lost connection, and hears Django again under all of its names", async () => {
    const { solent, layer } = await share(plain);
    const { heard, name } = await member(solent, "room");
    const opened = await solent.newChannel({ prefix: "worker." });
    const { control } = servers[0]!;
    const clients = String(await control.client("LIST")).split("\n");
    // Only Solent subscribes to patterns.
    const ids = clients.filter((line) => !line.includes(" psub=0 ")).map((line) => /^id=(\d+)/.exec(line)?.[1]);
    for (const id of ids) if (id !== undefined) await control.call("CLIENT", "KILL", "ID", id);
    expect(await heard.next()).toMatchObject({ type: "group.gap", cause: "reconnect", from: undefined, to: undefined });
    await solent.ready();
    for (const channel of [name, opened.name]) {
      await django.ask("send", { layer, channel, message: { type: "chat.message", again: true } });
    }
    expect(await heard.next()).toEqual({ type: "chat.message", group: undefined, again: true });
    expect(await opened.receive({ timeoutMs: 5000 })).toEqual({ type: "chat.message", again: true });
    await django.ask("group_send", { layer, group: "room", message: { type: "chat.message", n: 1 } });
    expect(await heard.next()).toEqual({ type: "chat.message", group: "room", n: 1 });
    expect(solent.stats()).toMatchObject({ gaps: 1, inboxGaps: 1 });
  });

  test("leaves nothing in Redis but subscriptions, and takes those with it", async () => {
    const { solent, prefix } = await share(plain);
    const { control } = servers[0]!;
    const patterns = async () => Number(await control.pubsub("NUMPAT"));
    const before = await patterns();
    await member(solent, "room", "other");
    await member(solent, "room");
    await solent.groupSend("room", { type: "chat.message" });
    await solent.settled();
    const channels = (await control.pubsub("CHANNELS", `${prefix}*`)) as string[];
    expect(channels.toSorted()).toEqual([
      `${prefix}__group__other`,
      `${prefix}__group__room`,
      `${prefix}__solent__${solent.node}`,
    ]);
    expect([await patterns(), await control.keys(`*`)]).toEqual([before, []]);
    await solent.close();
    await eventually("nobody listens any more", async () => {
      return (
        ((await control.pubsub("CHANNELS", `${prefix}*`)) as string[]).length === 0 && (await patterns()) === before - 1
      );
    });
  });
});

/** Fields that are within Solent's rules, and unusual. */
function odd(): Record<string, Record<string, unknown>> {
  let deep: unknown = 1;
  for (let level = 0; level < 60; level += 1) deep = [deep];
  const own = JSON.parse('{"__proto__": {"a": 1}, "constructor": "c", "": 0}') as Record<string, unknown>;
  return {
    numbers: { numbers: [0, -0, 1.5, 5e-324, 1e300, -1, 2 ** 31, 2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 60] },
    texts: { texts: ["", "\u0000", "\ufeff", "😀", "\u2028", "x".repeat(70_000)] },
    empty: { empty: [{}, [], null] },
    "own names": own,
    depth: { deep },
    "many fields": Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`field ${i}`, i])),
    bytes: { bytes: new Uint8Array([0, 255]) },
    "half a surrogate": { text: "\ud800" },
  };
}
