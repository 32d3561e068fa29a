import { createHook } from "node:async_hooks";
import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { WebSocketConsumer } from "@solent/core";
import { expect, test } from "vitest";
import { Peer } from "../support/peer.ts";
import { until } from "../support/turns.ts";
import { type World, world } from "../support/world.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const consumers = new Set<WeakRef<object>>();
/** Those that do not decide, by the numbers in their paths. */
const stuck = new Set<number>();
let stuckCount = 0;

/** Joins a group, says back what it hears there, and ends in every way. */
class Coming extends WebSocketConsumer {
  room = this.group("leaks");
  override async connect() {
    consumers.add(new WeakRef(this));
    await this.room.join();
    const [, how, number] = this.scope.path.split("/");
    if (how === "denied") return this.deny();
    if (how !== "stuck") return this.accept();
    stuck.add(Number(number));
    await new Promise((resolve) => this.signal.addEventListener("abort", resolve));
    stuck.delete(Number(number));
    return this.deny();
  }
  override async receive(text: string) {
    if (text === "close") this.close(4000, "bye");
    else this.send(text);
  }
  leaks_line({ text }: { text: string }) {
    this.send(text);
  }
}

/** A page without a WebSocket, spoken by hand. */
class Page {
  readonly #port: number;
  readonly #kind: string;
  readonly #agent = new Agent({ keepAlive: true });
  #down: ClientRequest | undefined;
  #heard = "";
  #isGone = false;
  #isOver = false;

  constructor(port: number, kind: string) {
    this.#port = port;
    this.#kind = kind;
  }

  ask(op: string, body?: object, path = "/"): ClientRequest {
    const method = body === undefined ? "GET" : "POST";
    const options = { method, path: `${path}?~solent=${op}`, port: this.#port, agent: this.#agent };
    const asked = request(options).on("error", () => {});
    asked.end(body && JSON.stringify(body));
    return asked;
  }

  /** Its name: whatever the stream is written in, it says `{"id":"…"}` first. */
  get id(): string {
    return /"id":"([^"]+)"/.exec(this.#heard)?.[1] ?? "";
  }

  async open(): Promise<void> {
    this.#listen(this.ask(this.#kind));
    await until(() => this.id !== "");
  }

  async hears(what: RegExp): Promise<void> {
    await until(() => what.test(this.#heard));
  }

  /** Resolves when it has read the end. */
  async ends(): Promise<void> {
    await until(() => this.#isOver);
  }

  async tell(body: object, id = this.id): Promise<number> {
    const [answer] = (await once(this.ask("send", { id, ...body }), "response")) as [IncomingMessage];
    answer.resume();
    await once(answer, "close");
    return answer.statusCode ?? 0;
  }

  /** Leaves without a word. */
  vanish(): void {
    this.#isGone = true;
    this.#down?.destroy();
    this.#agent.destroy();
  }

  #listen(down: ClientRequest): void {
    this.#down = down;
    down.on("response", (answer) => {
      answer.on("error", () => {}).on("data", (piece: Buffer) => (this.#heard += piece.toString("latin1")));
      answer.on("end", () => this.#ended(answer.statusCode));
    });
  }

  #ended(status: number | undefined): void {
    this.#isOver = this.#kind !== "poll" || status !== 200;
    if (this.#isOver || this.#isGone) return;
    const after = Number(/.*event: batch\ndata: (\d+)/s.exec(this.#heard)?.[1]);
    this.#listen(this.ask("poll", { id: this.id, after }));
  }
}

/** One way in which a connection comes and goes; answers the names of those that were open. */
type Way = (w: World, kind: string) => Promise<string | undefined>;

const pageWays: readonly Way[] = [
  async (w, kind) => {
    const page = new Page(w.port, kind);
    await page.open();
    expect(await page.tell({ n: 1, frames: ["hello!"] })).toBe(204);
    await page.hears(/hello!/);
    expect(await page.tell({ n: 0, close: { code: 1000, reason: "" } })).toBe(204);
    page.vanish();
    return page.id;
  },
  async (w, kind) => {
    const page = new Page(w.port, kind);
    await page.open();
    page.vanish();
    return page.id;
  },
  async (w, kind) => {
    const page = new Page(w.port, kind);
    await page.open();
    expect(await page.tell({ n: 1, frames: ["close"] })).toBe(204);
    await page.hears(/bye/);
    await page.ends();
    page.vanish();
    return page.id;
  },
  async (w, kind) => {
    const page = new Page(w.port, kind);
    const [answer] = (await once(page.ask(kind, undefined, "/denied"), "response")) as [IncomingMessage];
    expect(answer.statusCode).toBe(403);
    page.vanish();
    return undefined;
  },
  async (w, kind) => {
    const page = new Page(w.port, kind);
    const number = ++stuckCount;
    const asked = page.ask(kind, undefined, `/stuck/${number}`);
    await until(() => stuck.has(number));
    asked.destroy();
    page.vanish();
    await until(() => !stuck.has(number));
    return undefined;
  },
];

const socketWays: readonly Way[] = [
  async (w) => {
    const peer = await w.connect();
    peer.send("hi");
    await peer.text();
    await peer.close();
    return undefined;
  },
  async (w) => {
    const peer = await w.connect();
    peer.socket.terminate();
    await peer.end;
    return undefined;
  },
  async (w) => {
    const peer = await w.connect();
    peer.send("close");
    expect((await peer.end).code).toBe(4000);
    return undefined;
  },
  async (w) => {
    await new Peer(w.port, { path: "/denied" }).end;
    return undefined;
  },
];

const inParallel = 25;

async function churn(w: World, kind: string, count: number): Promise<string[]> {
  const ways = kind === "websocket" ? socketWays : pageWays;
  const ids: string[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const id = await (ways[next++ % ways.length] as Way)(w, kind);
      if (id !== undefined) ids.push(id);
    }
  };
  await Promise.all(Array.from({ length: inParallel }, lane));
  return ids;
}

/** Counts the timers that are set, those too that keep no process alive. */
class Timers implements Disposable {
  readonly #ids = new Set<number>();
  readonly #hook = createHook({
    init: (id, type) => void (type === "Timeout" && this.#ids.add(id)),
    destroy: (id) => void this.#ids.delete(id),
  }).enable();

  get size(): number {
    return this.#ids.size;
  }

  [Symbol.dispose](): void {
    this.#hook.disable();
  }
}

function listeners({ server: { http } }: World): Record<string, number> {
  const counts = [http, process].flatMap((emitter, n) =>
    emitter.eventNames().map((name) => [`${n} ${String(name)}`, emitter.listenerCount(name)] as const),
  );
  return Object.fromEntries(counts);
}

const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;

function alive(): number {
  collectGarbage();
  for (const consumer of consumers) if (consumer.deref() === undefined) consumers.delete(consumer);
  return consumers.size;
}

test.each(["websocket", "sse", "stream", "poll"])(
  "500 connections over %s that come and go leave no consumer, entry, timer, socket or listener behind",
  async (kind) => {
    // What waits for a page that answers must not wait on when it has. One that polls no more is missed after a while.
    const limits = { heartbeatTimeoutMs: 1_500, closeTimeoutMs: 25_000 };
    await using w = await world(Coming, { limits });
    // The first ones make what is made once a process.
    await churn(w, kind, 50);
    await until(() => w.server.connectionCount === 1 && sockets() === 2 && alive() === 0);
    using timers = new Timers();
    const before = { counts: w.counts(), listeners: listeners(w) };
    const ids = await churn(w, kind, 500);
    expect(ids.length).toBe(kind === "websocket" ? 0 : 300);
    await until(() => w.server.connectionCount === 1 && sockets() === 2 && timers.size === 0);
    const page = new Page(w.port, kind);
    const answers = await Promise.all(ids.map((id) => page.tell({ n: 0, pong: true }, id)));
    page.vanish();
    expect(answers.every((status) => status === 410)).toBe(true);
    await until(() => alive() === 0);
    expect({ counts: w.counts(), listeners: listeners(w) }).toEqual(before);
  },
  30_000,
);
