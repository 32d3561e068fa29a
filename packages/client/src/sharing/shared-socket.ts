import type { WebSocketConstructor, WebSocketLike } from "../socket/web-socket.ts";

/** Options of `sharedSocket`. */
export interface SharedSocketOptions {
  /** The class that opens the one connection: `anySocket()`, that of the ws package. @default the global WebSocket */
  readonly WebSocket?: WebSocketConstructor;
  /** Where the application is mounted on the server: its `rootPath`. @default "" */
  readonly rootPath?: string;
}

const lingerMs = 1_000;

/**
 * Makes a class for `connect`'s option `WebSocket`: all that use it share one connection to their server.
 *
 * Each of them opens and ends for itself, and comes back by itself. Consumers without a contract cannot share. A token is
 * offered once, with the first.
 */
export function sharedSocket({ WebSocket, rootPath = "" }: SharedSocketOptions = {}): WebSocketConstructor {
  const trunks = new Map<string, Trunk>();
  return class extends Lane {
    constructor(url: string, protocols: string[]) {
      const { origin, pathname, search } = new URL(url);
      let trunk = trunks.get(origin);
      if (trunk === undefined || trunk.isClosed) {
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
  #hasLost = false;
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  isClosed = false;

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
      this.isClosed = true;
      clearTimeout(this.#timer);
      for (const lane of this.#lanes.values()) lane.ended(code, reason);
    };
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  /** @returns the lane's number. */
  add(lane: Lane, path: string): number {
    clearTimeout(this.#timer);
    this.#count += 1;
    this.#lanes.set(this.#count, lane);
    this.send(JSON.stringify({ open: this.#count, path }));
    return this.#count;
  }

  /**
   * Frees a lane; the connection ends a moment after the last.
   *
   * @param isLost whether it was given up, rather than closed: when all of them are, so is what they share.
   */
  remove(number: number, isLost: boolean): void {
    if (!this.#lanes.delete(number) || this.isClosed) return;
    this.#hasLost ||= isLost;
    // Each of several listeners to one event has microtasks of its own after it.
    if (this.#removed.push(number) === 1) setTimeout(() => this.#tellRemoved(), 0);
  }

  send(text: string): void {
    if (this.#waiting === undefined) this.#socket.send(text);
    else this.#waiting.push(text);
  }

  #tellRemoved(): void {
    const removed = this.#removed;
    this.#removed = [];
    if (this.isClosed) return;
    if (this.#hasLost && this.#lanes.size === 0) return this.#close();
    this.#hasLost = false;
    for (const close of removed) this.send(JSON.stringify({ close }));
    if (this.#lanes.size === 0) this.#timer = setTimeout(() => this.#close(), lingerMs);
  }

  #close(): void {
    this.isClosed = true;
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

  close(code?: number, reason = ""): void {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    this.#trunk.remove(this.#number, code === undefined);
    queueMicrotask(() => this.ended(code ?? 1000, reason));
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
