import { WebSocketConsumer } from "@solent/core";
import { expect, test } from "vitest";
import { Peer } from "../support/peer.ts";
import { until } from "../support/turns.ts";
import { handshake, Wire } from "../support/wire.ts";
import { world, type World } from "../support/world.ts";

let instances = 0;
let disconnects = 0;

/** Joins groups, runs timers through its calls, and fails in every way it is asked for. */
class Churning extends WebSocketConsumer {
  static override readonly groups = ["churn.all"];
  own = this.group(`churn.${++instances}`);
  override async connect() {
    await this.own.join();
    const how = this.scope.path.slice(1);
    if (how === "denied") return this.deny();
    if (how === "connect-throws") throw new Error("broken");
    if (how === "stuck") await new Promise((resolve) => this.signal.addEventListener("abort", resolve));
    return this.accept();
  }
  override async receive(text: string) {
    if (text === "throw") throw new Error("broken");
    if (text === "close") this.close();
    await this.own.send("churn.line", { text });
  }
  churn_line({ text }: { text: string }) {
    this.send(text);
  }
  override disconnect() {
    disconnects++;
  }
}

/** One way a connection comes and goes. */
type Way = (w: World) => Promise<void>;

async function open(w: World, path = "/"): Promise<Peer> {
  const peer = new Peer(w.port, { path });
  await peer.opened;
  return peer;
}

const ways: readonly Way[] = [
  async (w) => {
    const peer = await open(w);
    await peer.close();
  },
  async (w) => {
    const peer = await open(w);
    peer.send("hi");
    await peer.text();
    peer.socket.terminate();
    await peer.end;
  },
  async (w) => {
    const peer = await open(w);
    peer.send("throw");
    await peer.end;
  },
  async (w) => {
    const peer = await open(w);
    peer.send("close");
    await peer.end;
  },
  async (w) => {
    const wire = new Wire(w.port);
    wire.write(handshake());
    await wire.response();
    wire.socket.resetAndDestroy();
    await wire.ended;
  },
  async (w) => {
    const peer = new Peer(w.port, { path: "/denied" });
    await peer.end;
  },
  async (w) => {
    const peer = new Peer(w.port, { path: "/connect-throws" });
    await peer.end;
  },
  async (w) => {
    const wire = new Wire(w.port);
    wire.write(handshake({ path: "/stuck" }));
    await new Promise((resolve) => wire.socket.once("connect", resolve));
    wire.socket.end();
    await wire.ended;
  },
  async (w) => {
    const wire = new Wire(w.port);
    wire.write(handshake({ headers: { "Sec-WebSocket-Key": "bad" } }));
    await wire.ended;
  },
  async (w) => {
    const wire = new Wire(w.port);
    wire.write("GET / HT");
    wire.socket.end();
    await wire.ended;
  },
];

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const inParallel = 64;

async function churn(w: World, count: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await (ways[next++ % ways.length] as Way)(w);
  };
  await Promise.all(Array.from({ length: inParallel }, lane));
}

function handles(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function listeners(w: World): Record<string, number> {
  const { http } = w.server;
  const named = http.eventNames().map((name) => [`server ${String(name)}`, http.listenerCount(name)] as const);
  const own = process.eventNames().map((name) => [`process ${String(name)}`, process.listenerCount(name)] as const);
  return Object.fromEntries([...named, ...own]);
}

test("10,000 connects, crashes and aborts leave as many channels, groups, timers and listeners as there were", async () => {
  await using w = await world(Churning, { logger: quiet, limits: { closeTimeoutMs: 1_000 } });
  // The first ones make what is made once a process: pools, caches, lazily loaded modules.
  await churn(w, 200);
  await w.isUnharmed();
  const isQuiet = (): boolean => handles()["TCPSocketWrap"] === 2 && handles()["Timeout"] === undefined;
  await until(isQuiet);
  const before = { handles: handles(), listeners: listeners(w) };
  const [instancesBefore, disconnectsBefore] = [instances, disconnects];
  await churn(w, 10_000);
  await w.isUnharmed();
  await until(isQuiet);
  expect(handles()).toEqual(before.handles);
  expect(listeners(w)).toEqual(before.listeners);
  expect(instances - instancesBefore).toBeGreaterThan(6_000);
  expect(disconnects - disconnectsBefore).toBe(instances - instancesBefore);
}, 30_000);
