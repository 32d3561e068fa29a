import type { WebSocketConstructor, WebSocketLike } from "../socket/web-socket.ts";

/** Options of `sharedSocket`. */
export interface SharedSocketOptions {
  /** The class that opens the one connection: `anySocket()`, that of the ws package. @default the global WebSocket */
  readonly WebSocket?: WebSocketConstructor;
  /** Where the application is mounted on the server: its `rootPath`. @default "" */
  readonly rootPath?: string;
}

/** Who the page is has changed: see docs/reference/close-codes.md. */
const unauthenticated = 4401;

/**
 * Makes a class for `connect`'s option `WebSocket`: all that use it share one connection to their server.
 *
 * Each of them opens and ends for itself, and comes back by itself. Consumers without a contract cannot share.
 *
 * The page's cookies and its token are those of the moment when the connection is opened. It ends with the last consumer, and
 * takes no further one after the server has said 4401: so nobody is taken for who signed out before.
 */
export function sharedSocket({ WebSocket, rootPath = "" }: SharedSocketOptions = {}): WebSocketConstructor {
  const trunks = new Map<string, Trunk>();
  return class extends Lane {
    constructor(url: string, protocols: string[]) {
      const { origin, pathname, search } = new URL(url);
      let trunk = trunks.get(origin);
      if (trunk === undefined || trunk.isStale) {
        const Socket = WebSocket ?? globalThis.WebSocket;
        trunk = new Trunk(new Socket(`${origin}${rootPath}/~solent`, protocols));
        trunks.set(origin, trunk);
      }
      super(trunk, pathname + search);
    }
  };
}

interface LaneFrame {
  readonly ch?: number;
  readonly opened?: number;
  readonly closed?: number;
  readonly code?: number;
  readonly reason?: string;
}

/** The connection that lanes share. */
class Trunk {
  readonly #socket: WebSocketLike;
  readonly #lanes = new Map<number, Lane>();
  #waiting: string[] | undefined = [];
  #removed: number[] = [];
  #count = 0;
  #isLooking = false;
  #isClosed = false;
  /** Whether it takes no further lanes. */
  isStale = false;

  constructor(socket: WebSocketLike) {
    this.#socket = socket;
    socket.onopen = () => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const text of waiting) socket.send(text);
    };
    socket.onmessage = ({ data }: { data: unknown }) => typeof data === "string" && this.#received(data);
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
      this.isStale = this.#isClosed = true;
      for (const lane of this.#lanes.values()) lane.ended(code, reason);
    };
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  /** @returns the lane's number. */
  add(lane: Lane, path: string): number {
    this.#count += 1;
    this.#lanes.set(this.#count, lane);
    this.send(JSON.stringify({ open: this.#count, path }));
    return this.#count;
  }

  /** Frees a lane; the connection ends with the last. */
  remove(number: number): void {
    if (!this.#lanes.delete(number)) return;
    this.#removed.push(number);
    this.#lookSoon();
  }

  send(text: string): void {
    if (this.#waiting === undefined) this.#socket.send(text);
    else this.#waiting.push(text);
  }

  // Not in a microtask: each of several listeners to one event has some of its own after it.
  #lookSoon(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    setTimeout(() => this.#look(), 0);
  }

  #look(): void {
    const removed = this.#removed;
    this.#removed = [];
    this.#isLooking = false;
    if (this.#isClosed) return;
    if (this.#lanes.size > 0) {
      for (const close of removed) this.send(JSON.stringify({ close }));
      return;
    }
    this.isStale = this.#isClosed = true;
    this.#socket.close(1000);
  }

  #received(text: string): void {
    let frame: LaneFrame;
    try {
      frame = JSON.parse(text) as LaneFrame;
    } catch {
      return;
    }
    const { ch, opened, closed, code = 1006, reason = "" } = frame;
    this.#lanes.get(opened ?? -1)?.opened();
    this.#lanes.get(ch ?? -1)?.received(text);
    const lane = this.#lanes.get(closed ?? -1);
    if (lane === undefined) return;
    this.#lanes.delete(closed ?? -1);
    this.isStale ||= code === unauthenticated;
    this.#lookSoon();
    lane.ended(code, reason);
  }
}

/** One consumer's line, which looks like a `WebSocket`. */
class Lane implements WebSocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readyState = 0;
  readonly #trunk: Trunk;
  readonly #number: number;

  constructor(trunk: Trunk, path: string) {
    this.#trunk = trunk;
    this.#number = trunk.add(this, path);
  }

  get bufferedAmount(): number {
    return this.#trunk.bufferedAmount;
  }

  send(text: string): void {
    // Every frame is an object with something in it.
    if (this.readyState === 1) this.#trunk.send(`{"ch":${this.#number},${text.slice(1)}`);
  }

  close(code = 1000, reason = ""): void {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    this.#trunk.remove(this.#number);
    queueMicrotask(() => this.ended(code, reason));
  }

  opened(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  received(text: string): void {
    if (this.readyState === 1) this.onmessage?.({ data: text } as never);
  }

  ended(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code, reason } as never);
  }
}
