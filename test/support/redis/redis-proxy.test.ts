import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { Queue } from "../queue.ts";
import { until } from "../turns.ts";
import { eventually } from "./eventually.ts";
import { redisProcess, type ClientOptions, type RedisProcess } from "./redis-process.ts";
import { redisProxies } from "./redis-proxies.ts";
import { redisProxy, type ProxyLimits, type RedisProxy } from "./redis-proxy.ts";

interface Setting extends AsyncDisposable {
  readonly server: RedisProcess;
  readonly proxy: RedisProxy;
  /** A connection through the proxy. */
  client(options?: ClientOptions): Redis;
  /** One that is subscribed to a channel, and what it hears: "channel message". */
  subscriber(channels: readonly string[], options?: ClientOptions): Promise<{ redis: Redis; heard: Queue<string> }>;
}

async function setting(limits?: ProxyLimits): Promise<Setting> {
  const server = await redisProcess();
  const proxy = await redisProxy(server, limits);
  const client = (options?: ClientOptions): Redis => server.client({ port: proxy.port, ...options });
  return {
    server,
    proxy,
    client,
    async subscriber(channels, options) {
      const redis = client({ autoResubscribe: false, ...options });
      const heard = new Queue<string>();
      redis.on("message", (channel, message) => heard.push(`${channel} ${message}`));
      redis.on("pmessage", (_pattern, channel, message) => heard.push(`${channel} ${message}`));
      redis.on("smessage", (channel, message) => heard.push(`${channel} ${message}`));
      await redis.subscribe(...channels);
      return { redis, heard };
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

describe.each([2, 3] as const)("a proxy, RESP%i", (protocol) => {
  test("forwards commands, replies and messages untouched", async () => {
    await using s = await setting();
    expect(s.proxy.url).toBe(`redis://127.0.0.1:${s.proxy.port}`);
    const client = s.client({ protocol });
    const { heard } = await s.subscriber(["a", "b"], { protocol });
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 256));
    await client.set("bytes", bytes);
    expect((await client.getBuffer("bytes"))!.equals(bytes)).toBe(true);
    const replies = await Promise.all([
      client.publish("b", "\r\n$1\r\n"),
      client.lpush("list", "room", "message"),
      client.lrange("list", 0, -1),
      client.get("nothing"),
      client.call("NOSUCH").catch((error: Error) => error.message.slice(0, 11)),
      client.eval("return {1, {2, 'three'}, false}", 0),
    ]);
    expect(replies).toEqual([1, 2, ["message", "room"], null, "ERR unknown", [1, [2, "three"], null]]);
    expect(await heard.next()).toBe("b \r\n$1\r\n");
    expect(s.proxy.connections).toBe(2);
    expect(s.proxy.subscribers).toBe(1);
  });

  test("swallows one message of a channel, and only that", async () => {
    await using s = await setting();
    const { redis, heard } = await s.subscriber(["room:1", "room:2"], { protocol });
    const dropped = s.proxy.dropNextMessage("m:2");
    await redis.psubscribe("room:*");
    for (const text of ["one", "two"]) {
      for (const channel of ["room:1", "room:2"]) expect(await s.server.control.publish(channel, text)).toBe(2);
    }
    expect(await dropped).toBe("room:2");
    // Each comes twice, by its name and by the pattern; of room:2 the first is gone.
    expect(await heard.take(7)).toEqual([
      ...["room:1 one", "room:1 one", "room:2 one"],
      ...["room:1 two", "room:1 two", "room:2 two", "room:2 two"],
    ]);
    await redis.ping();
    expect(heard.size).toBe(0);
  });

  test("unsubscribes a client behind its back, and swallows exactly the confirmation", async () => {
    await using s = await setting();
    const { redis, heard } = await s.subscriber(["a", "b"], { protocol });
    const [answer] = await s.proxy.inject(["UNSUBSCRIBE", "a"]);
    expect(answer!.map(String)).toEqual([`${protocol === 3 ? ">" : "*"}3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n`]);
    expect(await s.server.control.publish("a", "lost")).toBe(0);
    expect(await s.server.control.publish("b", "kept")).toBe(1);
    expect(await heard.next()).toBe("b kept");
    // The client's own commands still find their answers.
    expect(await redis.subscribe("c")).toBe(2);
    expect(await redis.unsubscribe("b")).toBe(1);
    expect(await redis.subscribe("a")).toBe(2);
    expect(await s.server.control.publish("a", "back")).toBe(1);
    expect(await heard.next()).toBe("a back");
  });

  test("injects while the client has commands in flight, and nobody gets another's answer", async () => {
    await using s = await setting();
    const { redis, heard } = await s.subscriber(["a"], { protocol });
    await s.server.stop();
    const before = ["b", "c"].map((channel) => redis.subscribe(channel, `${channel}${channel}`));
    await until(() => s.proxy.unanswered === 2);
    const injected = s.proxy.inject(["UNSUBSCRIBE"]);
    const behind = ["f", "g"].map((channel) => redis.subscribe(channel));
    await until(() => s.proxy.unanswered === 5);
    s.server.resume();
    expect(await Promise.all([...before, ...behind])).toEqual([3, 5, 1, 2]);
    expect((await injected)[0]).toHaveLength(5);
    await s.server.control.publish("g", "end");
    expect(await heard.next()).toBe("g end");
  });

  test("loses the replies of commands that were executed, and cuts the connection", async () => {
    await using s = await setting();
    const { heard } = await s.subscriber(["room"], { protocol });
    const client = s.client({ protocol, autoResendUnfulfilledCommands: false, retryStrategy: () => null });
    await client.set("before", "1");
    const cut = s.proxy.cutAfterExecuting(2, "publish");
    const ends = await Promise.allSettled([
      client.get("before"),
      client.publish("room", "1"),
      client.set("between", "1"),
      client.publish("room", "2"),
      client.publish("room", "3"),
      client.set("behind", "1"),
    ]);
    await cut;
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", ...new Array<string>(5).fill("rejected")]);
    expect(await heard.take(2)).toEqual(["room 1", "room 2"]);
    expect(await s.server.control.exists("before", "between", "behind")).toBe(2);
    await s.server.control.publish("room", "end");
    expect(await heard.next()).toBe("room end");
    expect(s.proxy.connections).toBe(1);
  });
});

describe("a proxy", () => {
  test("answers an injected command that the server refuses with the server's error", async () => {
    await using s = await setting();
    const client = s.client();
    await client.ping();
    const [answer] = await s.proxy.inject(["SUBSCRIBE"], "all");
    expect(String(answer![0])).toMatch(/^-ERR wrong number of arguments/);
    expect(await client.get("nothing")).toBe(null);
    await expect(s.proxy.inject(["PING"])).rejects.toThrow("no connection to inject PING into (subscribers)");
  });

  test("tells the pushes nobody asked for from the confirmations of shard channels", async () => {
    await using s = await setting();
    const { redis, heard } = await s.subscriber(["a"]);
    const shard = s.client({ autoResubscribe: false });
    shard.on("smessage", (channel, message) => heard.push(`${channel} ${message}`));
    await shard.ssubscribe("shard:1", "shard:2");
    const dropped = s.proxy.dropNextMessage("shard");
    await s.server.control.spublish("shard:1", "one");
    await s.server.control.spublish("shard:1", "two");
    expect(await heard.next()).toBe("shard:1 two");
    expect(await dropped).toBe("shard:1");
    const answers = await s.proxy.inject(["SUNSUBSCRIBE"]);
    expect(answers.map((answer) => answer.length).toSorted((a, b) => a - b)).toEqual([1, 2]);
    expect(await s.server.control.spublish("shard:2", "lost")).toBe(0);
    expect(await shard.ssubscribe("shard:2")).toBe(1);
    expect(await redis.subscribe("b")).toBe(2);
  });

  test("cuts all connections, and accepts new ones", async () => {
    await using s = await setting();
    const client = s.client();
    await client.ping();
    const closed = once(client, "close");
    s.proxy.cut();
    await closed;
    expect(await eventually("it is back", () => client.ping())).toBe("PONG");
    expect(s.proxy.connections).toBe(1);
  });

  test("refuses new connections and keeps the old ones, until it accepts again", async () => {
    await using s = await setting();
    const client = s.client();
    await client.ping();
    s.proxy.refuse();
    const late = s.client({ lazyConnect: true, retryStrategy: () => null });
    await expect(late.connect()).rejects.toThrow("Connection is closed");
    expect(await client.ping()).toBe("PONG");
    await s.proxy.accept();
    expect(await s.client().ping()).toBe("PONG");
  });

  test("delays every frame, and keeps their order", async () => {
    await using s = await setting();
    const client = s.client();
    await client.ping();
    s.proxy.delay(60);
    const startedMs = performance.now();
    const replies = await Promise.all([client.incr("n"), client.incr("n"), client.incr("n")]);
    expect(replies).toEqual([1, 2, 3]);
    // There and back; not once more for each command. A timer may be a millisecond early.
    expect(performance.now() - startedMs).toBeGreaterThan(115);
    s.proxy.delay(0);
    expect(await client.incr("n")).toBe(4);
  });

  test("lets no more bytes pass than it is told", async () => {
    await using s = await setting();
    const client = s.client();
    await client.set("bytes", "x".repeat(20_000));
    s.proxy.throttle(100_000);
    const startedMs = performance.now();
    expect(await client.get("bytes")).toHaveLength(20_000);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(150);
    s.proxy.throttle(undefined);
    expect(await client.get("bytes")).toHaveLength(20_000);
  });

  test("half-open, keeps the sockets and forwards nothing, and then everything in order", async () => {
    await using s = await setting();
    const client = s.client();
    const { heard } = await s.subscriber(["room"]);
    await client.ping();
    s.proxy.halfOpen();
    let answered = false;
    const reply = client.incr("n").then((count) => ((answered = true), count));
    expect(await s.server.control.publish("room", "1")).toBe(1);
    for (let at = 0; at < 100; at++) await s.server.control.ping();
    expect(answered).toBe(false);
    expect(heard.size).toBe(0);
    expect(await s.server.control.exists("n")).toBe(0);
    expect(s.proxy.connections).toBe(2);
    // Who connects now is accepted, and hears nothing.
    const late = s.client();
    const pong = late.ping();
    await until(() => s.proxy.connections === 3);
    s.proxy.thaw();
    expect(await reply).toBe(1);
    expect(await pong).toBe("PONG");
    expect(await heard.next()).toBe("room 1");
  });

  test("half-open, tells nobody that the server is gone before it is over", async () => {
    await using s = await setting();
    const client = s.client({ retryStrategy: () => null });
    await client.ping();
    let closed = false;
    client.once("close", () => (closed = true));
    s.proxy.halfOpen();
    await s.server.kill();
    await s.server.restart({ keepData: true });
    for (let at = 0; at < 100; at++) await s.server.control.ping();
    expect(closed).toBe(false);
    s.proxy.thaw();
    await until(() => closed);
  });

  test("holds back a sender whose receiver does not read, and loses nothing", async () => {
    await using s = await setting({ maxQueuedBytes: 100_000 });
    await s.server.control.set("bytes", "x".repeat(1_000_000));
    const slow: Socket = connect(s.proxy.port, "127.0.0.1");
    slow.on("error", () => {});
    slow.pause();
    const asked = 64;
    slow.write("GET bytes\r\n".repeat(asked));
    const before = process.memoryUsage().arrayBuffers;
    // Redis holds what it cannot get rid of: then the proxy has stopped reading.
    await eventually("Redis waits for its reader", async () => {
      const clients = String(await s.server.control.client("LIST"));
      return clients.split("\n").some((line) => Number(/ omem=(\d+)/.exec(line)?.[1] ?? 0) > 20_000_000);
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16_000_000);
    let bytes = 0;
    slow.on("data", (chunk: Buffer) => void (bytes += chunk.length));
    slow.resume();
    const size = "$1000000\r\n".length + 1_000_000 + 2;
    await until(() => bytes === asked * size);
    slow.destroy();
  });

  test("ends a connection whose frame is over its limit, and says so at the end", async () => {
    const server = await redisProcess();
    const proxy = await redisProxy(server, { maxFrameBytes: 20_000 });
    const client = server.client({ port: proxy.port, retryStrategy: () => null });
    await client.ping();
    await expect(client.set("bytes", "x".repeat(20_000))).rejects.toThrow("Connection is closed");
    await server[Symbol.asyncDispose]();
    await expect(proxy[Symbol.asyncDispose]()).rejects.toThrow("a frame has more than 20000 bytes");
  });

  test("rejects what was planned and never happened", async () => {
    const s = await setting();
    const dropped = s.proxy.dropNextMessage("room");
    const cut = s.proxy.cutAfterExecuting(2, "incr");
    const other = s.proxy.cutAfterExecuting(1, "publish");
    const lost = expect(s.client({ retryStrategy: () => null }).incr("n")).rejects.toThrow("Connection is closed");
    await eventually("it is executed", async () => (await s.server.control.get("n")) === "1");
    await until(() => s.proxy.unanswered === 0);
    await s[Symbol.asyncDispose]();
    await lost;
    await expect(dropped).rejects.toThrow("the proxy is gone");
    await expect(other).rejects.toThrow("the proxy is gone");
    await expect(cut).rejects.toThrow("the connection through the proxy has ended after 1 commands");
  });

  test("closes a client's connection when the server is gone, and finds the server again", async () => {
    await using s = await setting();
    const client = s.client();
    await client.set("name", "value");
    await s.server.restart({ keepData: true });
    expect(await eventually("it is back", () => client.get("name"))).toBe("value");
  });

  test("carries TLS and replication without looking into them", async () => {
    await using secret = await redisProcess({ tls: true });
    await using tlsProxy = await redisProxy(secret);
    expect(tlsProxy.url).toBe(`rediss://127.0.0.1:${tlsProxy.port}`);
    expect(await secret.client({ port: tlsProxy.port }).ping()).toBe("PONG");
    await expect(tlsProxy.inject(["PING"], "all")).rejects.toThrow("nothing can be injected into TLS");

    await using primary = await redisProcess();
    await using proxy = await redisProxy(primary);
    await using replica = await redisProcess({ replicaOf: proxy });
    await replica.linked();
    proxy.halfOpen();
    await primary.control.set("name", "value");
    for (let at = 0; at < 50; at++) expect(await replica.control.get("name")).toBe(null);
    proxy.thaw();
    expect(await eventually("it arrives", async () => (await replica.control.get("name")) ?? false)).toBe("value");
  });
});

test("a map of proxies leads a client from the real addresses through them", async () => {
  await using one = await redisProcess();
  await using two = await redisProcess();
  await using proxies = await redisProxies([one]);
  const added = await proxies.add(two);
  expect(await proxies.add(two)).toBe(added);
  expect(proxies.natMap).toEqual({
    [one.address]: { host: "127.0.0.1", port: proxies.before(one).port },
    [two.address]: { host: "127.0.0.1", port: added.port },
  });
  expect(await two.client({ ...proxies.natMap[two.address] }).ping()).toBe("PONG");
  expect(proxies.all.map(({ connections }) => connections)).toEqual([0, 1]);
  expect(() => proxies.before({ address: "127.0.0.1:1" })).toThrow("no proxy is before 127.0.0.1:1");
});
