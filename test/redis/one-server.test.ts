import { describe, expect, test } from "vitest";
import { freePort } from "../../scripts/redis-server.mjs";
import { eventually } from "../support/redis/eventually.ts";
import { redisProcess, type RedisProcess } from "../support/redis/redis-process.ts";
import { emptyFleet, type Fleet, fleet } from "./fleet.ts";
import { aclRules } from "./acl-rules.ts";
import { Ledger } from "./ledger.ts";
import { listen } from "./listener.ts";

/** Messages from a node to another, both ways, to a group and directly. */
async function talks({ layers }: Fleet): Promise<void> {
  const members = await Promise.all(layers.map((layer) => listen(layer, "room")));
  for (const [i, layer] of layers.entries()) {
    await layer.groupSend("room", { type: "room.line", from: `node ${i}`, n: 1 });
    const other = members[(i + 1) % members.length]!;
    await layer.send(other.seat.channelName, { type: "direct.line", from: `node ${i} directly`, n: 1 });
    await other.hears(`node ${i} directly`, 1);
    for (const member of members) await member.hears(`node ${i}`, 1);
    const job = layers[(i + 1) % layers.length]!.receive("jobs", { timeoutMs: 5000 });
    await layer.send("jobs", { type: "job.run", id: i });
    expect(await job).toEqual({ type: "job.run", id: i });
  }
}

/** The options of a layer's user at a server, who may do what the guide says, and not `missing`. */
async function user(redis: RedisProcess, prefix: string, missing?: string) {
  const all = aclRules.single.map((rule) => rule.replace("solent{", `${prefix}{`));
  const rules = all.filter((rule) => rule !== missing);
  await redis.control.acl("SETUSER", "app", "reset", "on", ">secret", ...(rules as [string]));
  return { url: redis.url, username: "app", password: "secret" };
}

describe("Redis Cluster and managed Redis: one server", () => {
  test("is reached over TLS with an authority of one's own, and not without it", async () => {
    await using redis = await redisProcess({ tls: true, password: "secret" });
    const { ca } = redis.certificate!;
    await using nodes = await fleet({ url: redis.url, tls: { ca } });
    await talks(nodes);
    await using strangers = emptyFleet();
    strangers.add(redis.url);
    await eventually("the certificate is refused", async () =>
      /self-signed|certificate/.test(strangers.problems.join()),
    );
    expect(strangers.layers[0]!.isConnected).toBe(false);
  });

  test("is reached with a password, and a wrong one is told to the operator", async () => {
    await using redis = await redisProcess({ password: "a secret: with @ in it" });
    await using nodes = await fleet(redis.url);
    await talks(nodes);
    await using strangers = emptyFleet();
    strangers.add({ host: redis.host, port: redis.port, password: "wrong" });
    await eventually("the password is refused", async () => strangers.problems.join().includes("WRONGPASS"));
  });

  test("is reached over a Unix socket, by its path or as an option", async () => {
    await using redis = await redisProcess({ unixSocket: true });
    await using nodes = await fleet(redis.socketPath!);
    nodes.add({ path: redis.socketPath! });
    await nodes.settle();
    await talks(nodes);
  });

  test("keeps two deployments apart by their prefixes", async () => {
    await using redis = await redisProcess();
    await using one = await fleet(redis.url);
    await using two = await fleet(redis.url);
    const heard = await Promise.all([one, two].map(({ layers }) => listen(layers[1]!, "room")));
    for (const [i, { layers }] of [one, two].entries()) {
      await layers[0]!.groupSend("room", { type: "room.line", from: `deployment ${i}`, n: 1 });
    }
    await Promise.all([heard[0]!.hears("deployment 0", 1), heard[1]!.hears("deployment 1", 1)]);
    await Promise.all([one, two].map((each) => each.settle()));
    expect(heard.map(({ heard: { length } }) => length)).toEqual([1, 1]);
    await one.layers[0]!.flush();
    // Everybody is out of the room here, and nobody there.
    await two.layers[0]!.groupSend("room", { type: "room.line", from: "deployment 1", n: 2 });
    await heard[1]!.hears("deployment 1", 2);
  });

  test("serves a user who may do exactly what the guide says", async () => {
    await using redis = await redisProcess();
    await using nodes = emptyFleet();
    const location = await user(redis, nodes.prefix);
    const history = { "chat.*": { messages: 1, ageMs: 60_000 } };
    for (let i = 0; i < 2; i += 1) nodes.add(location, { lingerMs: 1, history });
    await nodes.settle();
    await talks(nodes);
    for (let n = 0; n < 2; n += 1) await nodes.layers[0]!.groupSend("chat.red", { type: "room.line", n });
    expect((await nodes.layers[1]!.history("chat.red")).events).toMatchObject([{ data: { n: 1 } }]);
    for (const layer of nodes.layers) await layer.flush();
    expect(nodes.problems).toEqual([]);
  });

  const commands = aclRules.single.filter((rule) => rule.startsWith("+") && rule !== "+select");

  test.each(commands)("says what is missing for a user without %s", async (missing) => {
    await using redis = await redisProcess();
    await using nodes = emptyFleet();
    const location = await user(redis, nodes.prefix, missing);
    const times = {
      proofIntervalMs: 20,
      proofTimeoutMs: 100,
      publishTimeoutMs: 1000,
      joinTimeoutMs: 1000,
      lingerMs: 1,
      history: { "chat.*": { messages: 2, ageMs: 60_000 } },
    };
    const layer = nodes.add(location, times);
    const told = async (): Promise<void> => {
      const channel = await layer.newChannel();
      await layer.groupAdd("room", channel.name);
      await layer.groupSend("room", { type: "room.line" });
      channel.close();
      await layer.send("jobs", { type: "job.run" });
      await layer.receive("jobs", { timeoutMs: 0 });
      for (let n = 0; n < 3; n += 1) await layer.groupSend("chat.red", { type: "room.line", n });
      await layer.history("chat.red");
    };
    const rejections: string[] = [];
    const attempt = told().catch((error: Error) => void rejections.push(error.message));
    const name = missing.slice(1).replace("|", "\\|");
    const words = new RegExp(`(can't run this command|no permissions).*\\b${name}\\b`, "i");
    await eventually(`somebody says that ${name} is missing`, async () =>
      words.test([...nodes.problems, ...rejections].join("\n")),
    );
    await attempt;
  });

  test("says what is missing for a user who may not use the keys or channels", async () => {
    await using redis = await redisProcess();
    for (const pattern of ["~", "&"]) {
      await using nodes = emptyFleet();
      const location = await user(redis, nodes.prefix);
      await redis.control.acl("SETUSER", "app", pattern === "~" ? "resetkeys" : "resetchannels");
      nodes.add(location);
      await eventually("it is told", async () => nodes.problems.join().includes("NOPERM"));
      expect(nodes.layers[0]!.isConnected).toBe(false);
    }
  });

  test("that belongs to a Cluster is refused with what to do, and so is a replica", async () => {
    // By itself the bus takes a port among those of outgoing connections.
    const args = ["--cluster-enabled", "yes", "--cluster-port", `${await freePort()}`];
    await using member = await redisProcess({ args });
    await using redis = await redisProcess();
    await using replica = await redisProcess({ replicaOf: redis });
    await replica.linked();
    await using nodes = emptyFleet();
    nodes.add(member.url);
    nodes.add(replica.url);
    nodes.add({ cluster: [redis.url] });
    const isTold = (sentence: string) => async (): Promise<boolean> => nodes.problems.join("\n").includes(sentence);
    await eventually("it says so", isTold("the server belongs to a Redis Cluster: use { cluster }"));
    await eventually("it says so", isTold("the server is no primary but a replica"));
    await eventually("it says so", isTold("cluster support disabled"));
    expect(nodes.layers.map(({ isConnected }) => isConnected)).toEqual([false, false, false]);
  });

  test("tells whether it is connected, for health checks, and a wait for it can be given up", async () => {
    await using redis = await redisProcess();
    await using nodes = await fleet(redis.url, { nodes: 1 });
    const [layer] = nodes.layers;
    expect(layer!.isConnected).toBe(true);
    await redis.kill();
    await eventually("it is not connected", async () => !layer!.isConnected);
    const reason = new Error("enough");
    await expect(layer!.ready({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const wait = new AbortController();
    const waiting = layer!.ready({ signal: wait.signal });
    wait.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    const back = layer!.ready();
    await redis.start();
    await back;
    expect(layer!.isConnected).toBe(true);
    const ledger = new Ledger(layer!, "room");
    expect(await ledger.send()).toBe("accepted");
    await layer!.close();
    await expect(layer!.ready()).rejects.toMatchObject({ code: "LAYER_CLOSED" });
  });
});

describe("an event of the largest size", () => {
  const encrypted = { symmetricEncryptionKeys: ["a key of this test"] };
  test.each([
    ["as JSON", {}],
    ["as MessagePack, which is larger where numbers are", { serializerFormat: "msgpack" }],
    ["encrypted", encrypted],
    ["in the format of channels_redis, encrypted", { wire: "channels_redis", ...encrypted }],
  ] as const)("arrives %s", async (_, options) => {
    await using nodes = await fleet(process.env["REDIS_URL"] ?? "", { ...options, maxMessageBytes: 1_000_000 });
    const [here, there] = nodes.layers;
    const channel = await there!.newChannel();
    await there!.groupAdd("room", channel.name);
    const halves = Array.from({ length: 120_000 }, () => 0.5);
    const text = "\u0001".repeat(65_000);
    await here!.groupSend("room", { type: "room.line", halves, text });
    expect(await channel.receive({ timeoutMs: 5000 })).toEqual({ type: "room.line", halves, text });
    const tooLarge = here!.groupSend("room", { type: "room.line", text: "x".repeat(1_000_000) });
    await expect(tooLarge).rejects.toMatchObject({ code: "MESSAGE_TOO_LARGE" });
  });
});
