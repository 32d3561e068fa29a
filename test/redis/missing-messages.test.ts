import { connect, type RemoteConsumer } from "@solent/client";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { eventually } from "../support/redis/eventually.ts";
import { redisProcess, redisProcesses } from "../support/redis/redis-process.ts";
import { turn } from "../support/turns.ts";
import { type chat, type ChatServers, chatServers } from "./chat-servers.ts";
import { fleet } from "./fleet.ts";
import { faults, Ledger } from "./ledger.ts";
import { type Listener, listen } from "./listener.ts";

const oneRedis = process.env["REDIS_URL"] ?? "";

/** A page: a real client, and everything it was shown. */
interface Page extends Disposable {
  readonly client: RemoteConsumer<typeof chat>;
  readonly shown: string[];
  readonly states: string[];
  /** Waits until it was shown something. */
  shows(text: string): Promise<void>;
}

async function open(servers: ChatServers, node: number, user: string, room = "red"): Promise<Page> {
  const client = connect<typeof chat>(servers.url(node, user, room), { WebSocket });
  const shown: string[] = [];
  const states: string[] = [];
  client.onState((state) => void states.push(state));
  client.on("said", ({ from, text }) => void shown.push(`${from}: ${text}`));
  client.on("told", ({ from, text }) => void shown.push(`${from} to me: ${text}`));
  client.on("missed", ({ group, cause }) => void shown.push(`missed something of ${group}: ${cause}`));
  await eventually("the page is open", async () => client.state === "open");
  const shows = async (text: string): Promise<void> => {
    await eventually(`the page of ${user} shows ${text}`, async () => shown.includes(text));
  };
  return { client, shown, states, shows, [Symbol.dispose]: () => client.close() };
}

describe("silent loss across a Redis hiccup", () => {
  test.each([
    ["with its data", true],
    ["empty", false],
  ])(
    "Redis comes back %s: no page connects again, each is told of the hole, and hears what follows",
    async (_, keepData) => {
      await using redis = await redisProcess();
      await using nodes = await fleet(redis.url);
      await using servers = await chatServers(nodes);
      using ann = await open(servers, 0, "ann");
      using ben = await open(servers, 1, "ben");
      ann.client.send("say", { text: "before" });
      await Promise.all([ann, ben].map((page) => page.shows("ann: before")));
      await redis.kill();
      ann.client.send("say", { text: "meanwhile" });
      await redis.restart({ keepData });
      await nodes.settle();
      ben.client.send("say", { text: "after" });
      for (const page of [ann, ben]) {
        await page.shows("ben: after");
        // Heard, or told: which of the two depends on who was back first.
        const between = page.shown.slice(page.shown.indexOf("ann: before") + 1, page.shown.indexOf("ben: after"));
        expect(between.filter((line) => line === "ann: meanwhile" || line.startsWith("missed"))).not.toEqual([]);
        if (!keepData) expect(between).toContain("missed something of room.red: epoch");
        expect(page.states).not.toContain("waiting");
      }
    },
  );
});

describe("messages missing in normal operation", () => {
  test("churn: members that come and go on three nodes lose no message of others, and miss none while they are there", async () => {
    await using nodes = await fleet(oneRedis, { nodes: 3, lingerMs: 1 });
    const steady = await Promise.all(nodes.layers.map((layer) => listen(layer, "room")));
    const ledger = new Ledger(nodes.layers[0]!, "room");
    let stays = 0;
    const comeAndGo = async (layer: (typeof nodes.layers)[number]): Promise<void> => {
      while (stays < 150) {
        const guest = await listen(layer, "room");
        const next = ledger.sent + 1;
        await ledger.send();
        await ledger.send();
        await guest.hears(ledger.from, next + 1);
        guest.seat.close();
        const [first = 0] = guest.numbers(ledger.from);
        expect(first).toBeLessThanOrEqual(next);
        expect(guest.numbers(ledger.from)).toEqual(guest.numbers(ledger.from).map((__, i) => first + i));
        expect(guest.gaps).toEqual([]);
        stays += 1;
      }
    };
    await Promise.all(nodes.layers.flatMap((layer) => [comeAndGo(layer), comeAndGo(layer), comeAndGo(layer)]));
    for (const member of steady) {
      await member.hears(ledger.from, ledger.sent);
      expect(member.numbers(ledger.from)).toEqual(ledger.numbers());
      expect(member.gaps).toEqual([]);
    }
    expect(ledger.numbers()).toHaveLength(ledger.sent);
  });

  test("pages that come and go lose no message of others", async () => {
    await using nodes = await fleet(oneRedis, { nodes: 2, lingerMs: 1 });
    await using servers = await chatServers(nodes);
    using ann = await open(servers, 0, "ann");
    using ben = await open(servers, 1, "ben");
    const guests = async (): Promise<void> => {
      for (let i = 0; i < 25; i += 1) {
        using guest = await open(servers, i % 2, "guest");
        guest.client.send("say", { text: `${i}` });
        await guest.shows(`guest: ${i}`);
      }
    };
    const talk = async (): Promise<void> => {
      for (let i = 0; i < 100; i += 1) {
        ann.client.send("say", { text: `${i}` });
        await turn();
      }
    };
    await Promise.all([guests(), talk()]);
    const lines = Array.from({ length: 100 }, (_, i) => `ann: ${i}`);
    for (const page of [ann, ben]) {
      await page.shows(lines.at(-1)!);
      expect(page.shown.filter((line) => line.startsWith("ann"))).toEqual(lines);
      expect(page.shown.filter((line) => line.startsWith("guest"))).toEqual(
        Array.from({ length: 25 }, (_, i) => `guest: ${i}`),
      );
    }
  });

  test("several servers: 40 of 40 direct sends and 40 of 40 sends to groups arrive, from a node to another", async () => {
    await using servers = await redisProcesses([{}, {}, {}]);
    await using nodes = await fleet({ servers: servers.map(({ url }) => url) });
    const [here, there] = nodes.layers;
    const members: Listener[] = [];
    for (let i = 0; i < 40; i += 1) members.push(await listen(there!, `room.${i}`));
    for (const [i, member] of members.entries()) {
      await here!.send(member.seat.channelName, { type: "direct.line", from: "direct", n: i });
      await here!.groupSend(`room.${i}`, { type: "room.line", from: "group", n: i });
    }
    for (const [i, member] of members.entries()) {
      await member.hears("group", i);
      expect(member.numbers("direct")).toEqual([i]);
    }
    // They really are spread: each server knows positions.
    for (const { control } of servers) expect(await control.dbsize()).toBeGreaterThan(5);
  });
});

describe("order of group messages", () => {
  test("is one for all members on all nodes, and the order of the calls for each sender", async () => {
    await using nodes = await fleet(oneRedis, { nodes: 3 });
    const members = await Promise.all(nodes.layers.map((layer) => listen(layer, "room")));
    const ledgers = nodes.layers.map((layer, i) => new Ledger(layer, "room", `node ${i}`));
    await Promise.all(ledgers.map((ledger) => ledger.sendMany(200, 7)));
    for (const member of members) {
      for (const ledger of ledgers) {
        await member.hears(ledger.from, 200);
        expect(faults(ledger, member)).toEqual([]);
      }
      expect(member.heard).toEqual(members[0]!.heard);
    }
    // The senders did take turns, so it is an order that was made, and not one after the other.
    expect(members[0]!.numbers("node 0").length).toBe(200);
    const senders = members[0]!.heard.slice(0, 200).map((each) => ("n" in each ? each.from : ""));
    expect(new Set(senders).size).toBe(3);
  });
});

describe("exclude the sender", () => {
  test("also where the others are on another node", async () => {
    await using nodes = await fleet(oneRedis);
    await using servers = await chatServers(nodes);
    using ann = await open(servers, 0, "ann");
    using other = await open(servers, 0, "anna");
    using ben = await open(servers, 1, "ben");
    ann.client.send("sayToOthers", { text: "psst" });
    ann.client.send("say", { text: "loud" });
    for (const page of [ann, other, ben]) await page.shows("ann: loud");
    expect([ann.shown, other.shown, ben.shown]).toEqual([
      ["ann: loud"],
      ["ann: psst", "ann: loud"],
      ["ann: psst", "ann: loud"],
    ]);
  });
});

describe("address a user, not a socket", () => {
  test("a message to a user reaches all of their pages on all nodes, and nobody else's", async () => {
    await using nodes = await fleet(oneRedis);
    await using servers = await chatServers(nodes);
    using ann = await open(servers, 0, "ann", "red");
    using ben = await open(servers, 0, "ben", "blue");
    using benAtHome = await open(servers, 1, "ben", "green");
    using eve = await open(servers, 1, "eve", "red");
    ann.client.send("tell", { user: "ben", text: "hello" });
    for (const page of [ben, benAtHome]) await page.shows("ann to me: hello");
    ann.client.send("say", { text: "to the room" });
    await eve.shows("ann: to the room");
    expect([ann.shown, ben.shown, benAtHome.shown, eve.shown]).toEqual([
      ["ann: to the room"],
      ["ann to me: hello"],
      ["ann to me: hello"],
      ["ann: to the room"],
    ]);
  });
});
