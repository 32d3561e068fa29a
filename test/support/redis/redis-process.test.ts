import { existsSync } from "node:fs";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import { redisProcess } from "./redis-process.ts";

test("a server answers at its address, and is gone with its files when the test is over", async () => {
  let gone, folder;
  {
    await using server = await redisProcess();
    ({ folder } = server);
    gone = new Redis(server.port, { retryStrategy: () => null });
    gone.on("error", () => {});
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
    expect(await gone.ping()).toBe("PONG");
    expect((await server.info("server")).get("tcp_port")).toBe(`${server.port}`);
    expect(existsSync(folder)).toBe(true);
  }
  await expect(gone.ping()).rejects.toThrow("Connection is closed");
  expect(existsSync(folder)).toBe(false);
});

test("a killed server comes back on its port with what it had answered, and its clients find it again", async () => {
  await using server = await redisProcess();
  const client = server.client();
  for (let at = 0; at < 200; at++) await client.incr("counter");
  await server.kill();
  await expect(client.get("counter")).rejects.toThrow();
  await server.restart({ keepData: true });
  expect(await eventually("the client is back", () => client.get("counter"))).toBe("200");
});

test("a server that is restarted without its data is empty", async () => {
  await using server = await redisProcess();
  await server.control.set("name", "value");
  await server.restart({ keepData: false });
  expect(await eventually("it answers", () => server.control.dbsize().then(String))).toBe("0");
});

test("a stopped server answers nothing until it goes on, and loses nothing", async () => {
  await using server = await redisProcess();
  const client = server.client();
  await client.ping();
  await server.stop();
  let answered = false;
  const reply = client.incr("counter").then((count) => ((answered = true), count));
  // Another server answers a hundred times meanwhile: it is not the machine that is slow.
  await using other = await redisProcess();
  for (let at = 0; at < 100; at++) await other.control.ping();
  expect(answered).toBe(false);
  server.resume();
  expect(await reply).toBe(1);
});

test("a server with a password and users keeps out who has none, and holds each to its rules", async () => {
  await using server = await redisProcess({
    password: "p@ss word",
    users: [{ name: "alice", password: "secret", rules: "~room:* &room:* +@all" }],
  });
  expect(new URL(server.url).password).toBe("p%40ss%20word");
  const { password: _, ...withoutPassword } = server.connection;
  expect(await server.client().set("any", "1")).toBe("OK");
  const nobody = server.client({ ...withoutPassword, password: "wrong", retryStrategy: () => null });
  await expect(nobody.get("any")).rejects.toThrow();
  const alice = server.client({ username: "alice", password: "secret" });
  expect(await alice.set("room:1", "1")).toBe("OK");
  await expect(alice.set("any", "2")).rejects.toThrow("NOPERM");
  await expect(alice.publish("any", "2")).rejects.toThrow("NOPERM");
});

test("a server with TLS is reached with its certificate only", async () => {
  await using server = await redisProcess({ tls: true });
  expect(server.url).toBe(`rediss://127.0.0.1:${server.port}`);
  expect(await server.client().ping()).toBe("PONG");
  const distrustful = server.client({ tls: {}, retryStrategy: () => null });
  await expect(distrustful.ping()).rejects.toThrow();
  await server.restart({ keepData: true });
  expect(await server.client().ping()).toBe("PONG");
});

test("a server with a Unix socket answers there too", async () => {
  await using server = await redisProcess({ unixSocket: true });
  const path = server.socketPath!;
  expect(existsSync(path)).toBe(true);
  expect(await server.client({ path }).ping()).toBe("PONG");
  expect(await server.client().ping()).toBe("PONG");
});

test("a replica has what its primary has, and says so", async () => {
  await using primary = await redisProcess({ password: "secret" });
  await primary.control.set("before", "1");
  await using replica = await redisProcess({ password: "secret", replicaOf: primary });
  await replica.linked();
  expect(await replica.control.get("before")).toBe("1");
  await primary.control.set("after", "2");
  expect(await eventually("it arrives", () => replica.control.get("after").then((value) => value ?? false))).toBe("2");
  await expect(replica.control.set("before", "3")).rejects.toThrow("READONLY");
});

test.each([undefined, "secret"])(
  "a replica without its link is stale until it regains it (password: %s)",
  async (password) => {
    const secret = password === undefined ? {} : { password };
    await using primary = await redisProcess(secret);
    await using replica = await redisProcess({ ...secret, replicaOf: primary });
    await replica.linked();
    await primary.control.set("n", 1);
    await primary.control.wait(1, 0);
    await replica.loseLink();
    await primary.control.set("n", 2);
    // It tries once a second to come back: after two failures it is no matter of time.
    await eventually("it has tried in vain", async () => {
      return Number((await replica.info("replication")).get("master_link_down_since_seconds")) >= 2;
    });
    expect(await replica.control.get("n")).toBe("1");
    await replica.regainLink();
    await replica.linked();
    expect(await replica.control.get("n")).toBe("2");
  },
);

test("more of the command line reaches the server, and a wrong one is told with its reason", async () => {
  await using server = await redisProcess({ args: ["--maxclients", "77"] });
  expect(await server.control.config("GET", "maxclients")).toEqual(["maxclients", "77"]);
  await expect(redisProcess({ args: ["--no-such-setting", "1"] })).rejects.toThrow(/no-such-setting/);
});
