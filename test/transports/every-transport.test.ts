import { connect } from "@solent/client";
import { anySocket, type ConnectTransport } from "@solent/client/http";
import { multiplex } from "@solent/client/sharing";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { ChatWorld } from "./chat-world.ts";
import type { chat } from "./consumers.ts";

const transports: readonly ConnectTransport[] = ["websocket", "sse", "stream", "poll"];
const worlds = transports.flatMap((transport) => [1, 3].map((nodes) => ({ transport, nodes })));
const only = (transport: ConnectTransport) => anySocket({ transports: [transport], WebSocket });
const texts = (count: number): string[] => Array.from({ length: count }, (_, n) => `red: ${n}`);

describe.each(worlds)("over $transport, with $nodes nodes and nothing that sticks to one", ({ transport, nodes }) => {
  test("what is said arrives once and in order, and calls are answered", async () => {
    await using world = await ChatWorld.start(nodes);
    const options = { WebSocket: only(transport) };
    const [ann, ben] = [0, 1].map(() => connect<typeof chat>(`${world.url}/rooms/red`, options));
    const heard: string[] = [];
    ben!.on("said", ({ text }) => void heard.push(text));
    await expect.poll(() => [ann!.state, ben!.state], { timeout: 5000 }).toEqual(["open", "open"]);
    for (let n = 0; n < 5; n += 1) expect(await ann!.call("say", { text: `${n}` })).toEqual({ room: "red" });
    for (let n = 5; n < 100; n += 1) ann!.send("say", { text: `${n}` });
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(100);
    expect(heard).toEqual(texts(100));
    expect(world.nodesAsked).toBe(transport === "websocket" ? 0 : nodes);
    for (const each of [ann!, ben!]) each.close();
    await Promise.all([ann!.closed, ben!.closed]);
    await expect.poll(() => world.connections).toBe(0);
  });

  test("several consumers share a connection, and each opens and ends for itself", async () => {
    await using world = await ChatWorld.start(nodes);
    const hub = multiplex(world.url, { WebSocket: only(transport) });
    const [red, blue, closed] = ["red", "blue", "closed"].map((room) => hub.open<typeof chat>(`/rooms/${room}`));
    const heard: string[] = [];
    for (const room of [red!, blue!]) room.on("said", ({ text }) => void heard.push(text));
    expect(await red!.call("say", { text: "a" })).toEqual({ room: "red" });
    expect(await blue!.call("say", { text: "b" })).toEqual({ room: "blue" });
    expect(world.connections).toBe(1);
    await expect.poll(() => heard).toEqual(["red: a", "blue: b"]);
    expect(await closed!.closed).toMatchObject({ code: 4403, cause: "server" });
    red!.send("say", { text: "bye" });
    expect(await red!.closed).toMatchObject({ code: 4409, cause: "server" });
    expect(await blue!.call("say", { text: "c" })).toEqual({ room: "blue" });
    blue!.close();
    await blue!.closed;
    await expect.poll(() => world.connections, { timeout: 5000 }).toBe(0);
  });

  test("a shared connection takes nobody in after the server has asked who it is, and ends with its last consumer", async () => {
    await using world = await ChatWorld.start(nodes);
    const hub = multiplex(world.url, { WebSocket: only(transport) });
    const red = hub.open<typeof chat>("/rooms/red");
    expect(await red.call("say", { text: "a" })).toEqual({ room: "red" });
    expect(await hub.open<typeof chat>("/rooms/members").closed).toMatchObject({ code: 4401, cause: "server" });
    // With the cookies that the page has now.
    const blue = hub.open<typeof chat>("/rooms/blue");
    expect(await blue.call("say", { text: "b" })).toEqual({ room: "blue" });
    expect(world.connections).toBe(2);
    for (const each of [red, blue]) each.close();
    await expect.poll(() => world.connections).toBe(0);
  });

  test("a denied connection is not tried again", async () => {
    await using world = await ChatWorld.start(nodes);
    const socket = transport === "websocket" ? anySocket({ WebSocket }) : only(transport);
    const denied = connect<typeof chat>(`${world.url}/rooms/closed`, { WebSocket: socket });
    expect(await denied.closed).toMatchObject({ code: 4403, cause: "server" });
  });
});

describe.each(["sse", "stream", "poll"] as const)(
  "over %s, when the node that has the connection closes",
  (transport) => {
    test("the page hears of it and comes back on another", async () => {
      await using world = await ChatWorld.start(3);
      const ann = connect<typeof chat>(`${world.url}/rooms/red`, {
        WebSocket: only(transport),
        reconnect: { minDelayMs: 10, maxDelayMs: 50 },
      });
      expect(await ann.call("say", { text: "before" })).toEqual({ room: "red" });
      const owner = world.servers.find(({ connectionCount }) => connectionCount > 0)!;
      const back = new Promise<void>((resolve) => ann.onState((state) => state === "open" && resolve()));
      await owner.close();
      await back;
      expect(await ann.call("say", { text: "after" })).toEqual({ room: "red" });
      ann.close();
      await ann.closed;
    });

    test("and where only the others close, it stays and nothing is lost", async () => {
      await using world = await ChatWorld.start(3);
      const ann = connect<typeof chat>(`${world.url}/rooms/red`, { WebSocket: only(transport) });
      const heard: string[] = [];
      ann.on("said", ({ text }) => void heard.push(text));
      expect(await ann.call("say", { text: "0" })).toEqual({ room: "red" });
      const states: string[] = [];
      ann.onState((state) => void states.push(state));
      const owner = world.servers.find(({ connectionCount }) => connectionCount > 0)!;
      const startedAtMs = performance.now();
      await Promise.all(world.servers.filter((server) => server !== owner).map((server) => server.close()));
      // Polls that they held for the owner are not waited for.
      expect(performance.now() - startedAtMs).toBeLessThan(5_000);
      for (let n = 1; n < 5; n += 1) expect(await ann.call("say", { text: `${n}` })).toEqual({ room: "red" });
      await expect.poll(() => heard).toEqual(texts(5));
      expect(states).toEqual([]);
      ann.close();
      await ann.closed;
    });
  },
);
