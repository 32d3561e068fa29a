import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ChannelsRedisFormat } from "../../packages/redis-layer/src/wire/channels-redis-format.ts";
import { channelsRedisJsonCodec } from "../../packages/redis-layer/src/wire/channels-redis-json.ts";
import {
  groupChannel,
  hostIndex,
  newNodeHex,
  SpecificNames,
} from "../../packages/redis-layer/src/wire/channels-redis-names.ts";
import { PayloadEncryption } from "../../packages/redis-layer/src/wire/encryption.ts";
import { messagePackCodec } from "../../packages/redis-layer/src/wire/message-pack-codec.ts";
import { redisProcesses } from "../support/redis/redis-process.ts";
import { ChannelsRedisPeer, findPython } from "./channels-redis-peer.ts";
import { RedisHosts } from "./redis-hosts.ts";

const INSTALL_TIMEOUT_MS = 10 * 60_000;
const keys = ["a new key", "ein älterer Schlüssel"];
const encryption = new PayloadEncryption(keys);

const options: { readonly serializer: "msgpack" | "json"; readonly isEncrypted: boolean }[] = [
  { serializer: "msgpack", isEncrypted: false },
  { serializer: "json", isEncrypted: false },
  { serializer: "msgpack", isEncrypted: true },
  { serializer: "json", isEncrypted: true },
];

const everything = {
  text: "é\u0000😀",
  number: [0, -1, 255, 2 ** 40, 1.5, 1e-7, -1e300],
  other: [null, true, false, [], {}],
  nested: { a: [{ b: "c" }] },
};

/** Started last, ended first. */
const parts: AsyncDisposable[] = [];
let django: ChannelsRedisPeer;
let hosts: RedisHosts;
let threeHosts: RedisHosts;
let urls: string[];

function started<Part extends AsyncDisposable>(part: Part): Part {
  parts.unshift(part);
  return part;
}

beforeAll(async () => {
  const servers = (await redisProcesses([{}, {}, {}])).map(started);
  urls = servers.map((server) => server.url);
  hosts = started(new RedisHosts(urls.slice(0, 1)));
  threeHosts = started(new RedisHosts(urls));
  django = started(new ChannelsRedisPeer(await findPython()));
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  for (const part of parts) await part[Symbol.asyncDispose]();
});

// What a failed test has left there is not the next one's.
beforeEach(() => {
  for (const { heard } of [django, hosts, threeHosts]) heard.all();
});

describe.each(options)("Solent and channels_redis with $serializer, encrypted: $isEncrypted", (option) => {
  const { serializer, isEncrypted } = option;
  const layer = `${serializer} ${isEncrypted}`;
  const prefix = `${serializer}${isEncrypted}`;
  const format = new ChannelsRedisFormat({ serializer, encryption: isEncrypted ? encryption : undefined });
  const clear = new ChannelsRedisFormat({ serializer });

  beforeAll(async () => {
    await django.ask("open", { layer, hosts: [urls[0]], prefix, serializer, keys: isEncrypted ? keys : null });
  });

  test("share a group, and write the same bytes", async () => {
    const channel = await django.ask("new_channel", { layer });
    const group = groupChannel(prefix, "room1");
    await django.ask("group_add", { layer, group: "room1", channel });
    await hosts.subscribed(group);
    await hosts.subscribe(group);

    expect(await hosts.publish(group, format.encode("chat.message", everything))).toBe(2);
    expect(await django.heard.next()).toEqual({ layer, channel, message: { type: "chat.message", ...everything } });
    const own = (await hosts.heard.next()).payload;

    await django.ask("group_send", { layer, group: "room1", message: { type: "chat.message", ...everything } });
    const theirs = (await hosts.heard.next()).payload;
    expect(await django.heard.next()).toMatchObject({ channel });
    expect(format.parse(theirs)).toEqual({ outcome: "message", type: "chat.message", fields: everything });
    const opened = isEncrypted ? [own, theirs].map((payload) => encryption.open(payload)) : [own, theirs];
    expect(Buffer.from(opened[1]!).toString("hex")).toBe(Buffer.from(opened[0]!).toString("hex"));
    expect(Buffer.from(opened[1]!).toString("hex")).toBe(
      Buffer.from(clear.encode("chat.message", everything)).toString("hex"),
    );
  });

  test("send to each other's channels, and to plain ones", async () => {
    const theirs = await django.ask("new_channel", { layer });
    await hosts.subscribed(theirs);
    expect(await hosts.publish(theirs, format.encode("direct.message", { n: 1 }))).toBe(1);
    expect(await django.heard.next()).toEqual({ layer, channel: theirs, message: { type: "direct.message", n: 1 } });

    const names = new SpecificNames(`${prefix}specific.`, newNodeHex());
    await hosts.subscribePattern(names.pattern);
    const own = [names.next(), names.next()];
    for (const channel of own) {
      await django.ask("send", { layer, channel, message: { type: "direct.message", to: channel } });
      const arrival = await hosts.heard.next();
      expect(arrival.channel).toBe(channel);
      expect(format.parse(arrival.payload)).toEqual({
        outcome: "message",
        type: "direct.message",
        fields: { to: channel },
      });
    }

    const plain = `plain-${prefix}`;
    await django.ask("listen", { layer, channel: plain });
    await hosts.subscribed(plain);
    await hosts.subscribe(plain);
    await hosts.publish(plain, format.encode("work.item", {}));
    expect(await django.heard.next()).toEqual({ layer, channel: plain, message: { type: "work.item" } });
    expect(format.parse((await hosts.heard.next()).payload)).toMatchObject({ type: "work.item" });
  });
});

describe("Solent and channels_redis", () => {
  beforeAll(async () => {
    await django.ask("open", { layer: "three hosts", hosts: urls });
    await django.ask("open", { layer: "bytes", hosts: [urls[0]], prefix: "bytes" });
    await django.ask("open", { layer: "encrypted", hosts: [urls[0]], prefix: "encrypted", keys });
  });

  test("meet on the same one of several hosts, for groups and for channels", async () => {
    const layer = "three hosts";
    const format = new ChannelsRedisFormat();
    const channel = await django.ask("new_channel", { layer });
    const used = new Set<number>();
    for (let i = 0; i < 12; i += 1) {
      const redisChannel = groupChannel("asgi", `room${i}`);
      await django.ask("group_add", { layer, group: `room${i}`, channel });
      await threeHosts.subscribed(redisChannel);
      await threeHosts.subscribe(redisChannel);
      await django.ask("group_send", { layer, group: `room${i}`, message: { type: "from.django", i } });
      const arrival = await threeHosts.heard.next();
      expect(arrival).toMatchObject({ channel: redisChannel, host: hostIndex(redisChannel, 3) });
      expect(format.parse(arrival.payload)).toMatchObject({ type: "from.django", fields: { i } });
      expect(await django.heard.next()).toMatchObject({ message: { type: "from.django", i } });

      expect(await threeHosts.publish(redisChannel, format.encode("from.solent", { i }))).toBe(2);
      expect(await django.heard.next()).toEqual({ layer, channel, message: { type: "from.solent", i } });
      used.add((await threeHosts.heard.next()).host);
    }
    expect(used.size).toBe(3);

    const names = new SpecificNames("asgispecific.", newNodeHex());
    await threeHosts.subscribePattern(names.pattern);
    const given = Array.from({ length: 1000 }, () => names.next());
    for (const host of [0, 1, 2]) {
      const own = given.find((name) => hostIndex(name, 3) === host)!;
      await django.ask("send", { layer, channel: own, message: { type: "direct.message" } });
      expect(await threeHosts.heard.next()).toMatchObject({ channel: own, host });
    }
  });

  test("choose the same host for any name and any number of hosts", async () => {
    const names = Array.from({ length: 500 }, (_, i) => `asgispecific.${(i * 2_654_435_761).toString(16)}é`);
    for (const count of [1, 2, 3, 5, 7, 10, 16]) {
      const theirs = await django.ask("host_indexes", { names, hosts: count });
      expect(names.map((name) => hostIndex(name, count))).toEqual(theirs);
    }
  });

  test("carry bytes as MessagePack, and read Python's floats", async () => {
    const group = groupChannel("bytes", "room");
    const format = new ChannelsRedisFormat();
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => i & 255);
    const channel = await django.ask("new_channel", { layer: "bytes" });
    await django.ask("group_add", { layer: "bytes", group: "room", channel });
    await hosts.subscribed(group);
    await hosts.publish(group, format.encode("some.bytes", { bytes }));
    expect(await django.heard.next()).toMatchObject({ message: { type: "some.bytes", bytes } });

    await hosts.subscribe(group);
    await django.ask("group_send", { layer: "bytes", group: "room", message: { type: "some.bytes", bytes, n: 2 } });
    expect(format.parse((await hosts.heard.next()).payload)).toEqual({
      outcome: "message",
      type: "some.bytes",
      fields: { bytes, n: 2 },
    });
    await django.heard.next();
  });

  test("write any value with the same bytes, as MessagePack and as JSON", async () => {
    const values = corpus();
    const payloads = values.map((value) => messagePackCodec.encode(value));
    const theirs: [Uint8Array, string][] = await django.ask("write_again", { payloads });
    for (const [i, value] of values.entries()) {
      const [bytes, json] = theirs[i]!;
      expect(Buffer.from(payloads[i]!).toString("hex")).toBe(Buffer.from(bytes).toString("hex"));
      expect(new TextDecoder().decode(channelsRedisJsonCodec.encode(value))).toBe(json);
      expect(channelsRedisJsonCodec.decode(new TextEncoder().encode(json))).toStrictEqual(value);
    }
  });

  test("open each other's tokens while keys change, and no stranger's", async () => {
    const payload = new Uint8Array([0, 1, 255]);
    const [newKey, oldKey] = keys;
    for (const own of [[newKey!], [oldKey!], keys]) {
      const token = await django.ask("encrypt", { keys: own, payload });
      expect(encryption.open(token)).toEqual(payload);
      const ours = new PayloadEncryption(own).seal(payload);
      expect(await django.ask("decrypt", { keys, payload: ours })).toEqual(payload);
    }
    const stranger = await django.ask("encrypt", { keys: ["a stranger's"], payload });
    expect(() => encryption.open(stranger)).toThrow("of another key");
    const ours = new PayloadEncryption(["a stranger's"]).seal(payload);
    await expect(django.ask("decrypt", { keys, payload: ours })).rejects.toThrow("InvalidToken");
  });

  test("tell what would stop the original's consumers to be poison", async () => {
    const format = new ChannelsRedisFormat();
    const group = groupChannel("bytes", "poisoned");
    const channel = await django.ask("new_channel", { layer: "bytes" });
    await django.ask("group_add", { layer: "bytes", group: "poisoned", channel });
    await hosts.subscribed(group);
    await hosts.subscribe(group);
    const message = new Map<unknown, unknown>([
      ["type", "a.b"],
      [1, 2],
    ]);
    await django.ask("group_send", { layer: "bytes", group: "poisoned", message });
    expect(await django.heard.next()).toMatchObject({ channel, failed: "ValueError" });
    expect(format.parse((await hosts.heard.next()).payload)).toMatchObject({ outcome: "poison", reason: "nonTextKey" });
  });

  test("do not take clear text where everybody encrypts", async () => {
    const channel = await django.ask("new_channel", { layer: "encrypted" });
    await hosts.subscribed(channel);
    await hosts.publish(channel, new ChannelsRedisFormat().encode("a.b", {}));
    expect(await django.heard.next()).toMatchObject({ channel, failed: "InvalidToken" });
  });
});

/** Values with every kind of number and text, the same in each run. */
function corpus(): unknown[] {
  const integers = [0, 7, 8, 15, 16, 31, 32, 52].flatMap((bits) => [
    2 ** bits - 1,
    2 ** bits,
    -(2 ** bits),
    -(2 ** bits) - 1,
  ]);
  const view = new DataView(new ArrayBuffer(8));
  const floats: number[] = [1e16, 1e15 + 0.5, 2 ** 53, 2 ** 70, 0.0001, 0.00001, 1e21, 1e22, 5e-324, Number.MAX_VALUE];
  let state = 1;
  while (floats.length < 1000) {
    for (const at of [0, 4]) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      view.setUint32(at, state);
    }
    const float = view.getFloat64(0);
    if (Number.isFinite(float)) floats.push(float, (state / 7) * 10 ** (floats.length % 20));
  }
  const texts = Array.from(
    { length: 0x300 },
    (_, code) => `${String.fromCodePoint(code)}|${String.fromCodePoint(code * 80)}`,
  );
  const wellFormed = texts.filter((text) => !/\p{Surrogate}/u.test(text));
  const lengths = [0, 31, 32, 255, 256, 65_535, 65_536].flatMap((length) => [
    "x".repeat(length),
    new Array<number>(length).fill(1),
  ]);
  const wide = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`key${i}`, { i }]));
  return [integers, floats, wellFormed, ...lengths, wide, null, true, false, {}, [], [[{}]], "\ufeffx".repeat(200)];
}
