import { Backoff, type BackoffOptions } from "./backoff.ts";
import { reconnectAfter } from "./close-code.ts";
import { isOffline, watchNetwork } from "./network.ts";
import { withQuery } from "./query.ts";
import type { WebSocketConstructor, WebSocketLike } from "./web-socket.ts";

/** Where a connection is: trying, usable, pausing before the next try, or ended for good. */
export type ConnectionState = "connecting" | "open" | "waiting" | "closed";

/** Why a connection is in its state. */
export interface StateInfo {
  /** The close code that led to `waiting` or `closed`. */
  readonly code?: number;
  /** The reason beside the code; for people, not for decisions. */
  readonly reason?: string;
  /** Time until the next attempt, in milliseconds, while `waiting`. */
  readonly retryInMs?: number;
}

/** How a connection ended for good. */
export interface ConnectionEnd {
  readonly code: number;
  readonly reason: string;
  /** `"client"`: closed here. `"server"`: its close code says to stay away. `"unreachable"`: out of attempts. */
  readonly cause: "client" | "server" | "unreachable";
}

/** What a connection is told at its start. */
export interface ConnectionSettings extends BackoffOptions {
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
  readonly token: string | (() => string | Promise<string>) | undefined;
  readonly query: (() => Readonly<Record<string, string | undefined>>) | undefined;
  readonly connectTimeoutMs: number;
  readonly stableAfterMs: number;
  readonly maxFirstAttempts: number;
  readonly maxAttempts: number;
}

/** Who hears what happens on a connection. None of the methods may throw. */
export interface ConnectionOwner {
  /** A text frame arrived. */
  received(text: string): void;
  /** The state is another one now. */
  changed(state: ConnectionState, info: StateInfo): void;
  /** The connection is over and the socket is gone. Called once. */
  ended(end: ConnectionEnd): void;
  /** Something of the user's failed: the token function, or the WebSocket class. */
  failed(error: unknown): void;
}

const openState = 1;
/** How long a peer may take to answer a close before it is no longer waited for. */
const closeTimeoutMs = 2_000;

/** One socket after the other to the same place, until a close code or the user says stop. */
export class Connection {
  readonly #settings: ConnectionSettings;
  readonly #owner: ConnectionOwner;
  readonly #backoff: Backoff;
  readonly #watching = new AbortController();
  #state: ConnectionState = "connecting";
  #socket: WebSocketLike | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #wasOpen = false;
  #mustWait = false;

  constructor(settings: ConnectionSettings, owner: ConnectionOwner) {
    this.#settings = settings;
    this.#owner = owner;
    this.#backoff = new Backoff(settings);
    watchNetwork(
      {
        online: () => {
          this.#backoff.reset();
          this.#hurry();
        },
        // A socket rarely notices that its network is gone; what would be sent meanwhile is lost.
        offline: () => this.#socket && this.#lost(1006, "offline"),
        visible: () => this.#hurry(),
      },
      this.#watching.signal,
    );
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether `send` reaches a socket that still takes data. A closing one would swallow it. */
  get canSend(): boolean {
    return this.#state === "open" && this.#socket?.readyState === openState;
  }

  /** Bytes handed to the socket that have not left yet. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  /** Makes the first attempt; apart from the constructor, so that the owner knows its connection when it hears of it. */
  start(): void {
    void this.#dial();
  }

  /** Ends the pause before the next attempt, if there is one. */
  retry(): void {
    if (this.#state === "waiting") void this.#dial();
  }

  /** Ends for good. `ended` follows when the socket is gone, after two seconds at the latest. */
  close(code: number, reason: string): void {
    if (this.#state === "closed") return;
    const socket = this.#release();
    const end: ConnectionEnd = { code, reason, cause: "client" };
    this.#stop(end);
    if (socket === undefined) return this.#owner.ended(end);
    const done = (): void => {
      clearTimeout(this.#timer);
      socket.onclose = null;
      this.#owner.ended(end);
    };
    socket.onclose = done;
    this.#timer = setTimeout(done, closeTimeoutMs);
    socket.close(code, reason);
  }

  async #dial(): Promise<void> {
    const { url, WebSocket, token, query, connectTimeoutMs } = this.#settings;
    clearTimeout(this.#timer);
    const timer = (this.#timer = setTimeout(() => this.#lost(1006, "connect timeout"), connectTimeoutMs));
    this.#change("connecting", {});
    try {
      const offered = typeof token === "function" ? await token() : token;
      // While the token was fetched, the attempt may have timed out or the user closed: then its timer is another one.
      if (this.#timer !== timer) return;
      const socket = new WebSocket(
        query === undefined ? url : withQuery(url, query()),
        offered === undefined ? ["solent.v1"] : ["solent.v1", `solent.token.${offered}`],
      );
      this.#socket = socket;
      socket.onopen = () => this.#opened();
      socket.onmessage = ({ data }: { data: unknown }) => typeof data === "string" && this.#owner.received(data);
      socket.onclose = ({ code, reason }: { code: number; reason: string }) => this.#lost(code, reason);
      // A close event always follows; the ws package throws what nobody listens to.
      socket.onerror = () => {};
    } catch (error) {
      if (this.#timer !== timer) return;
      this.#owner.failed(error);
      this.#lost(1006, "");
    }
  }

  #opened(): void {
    clearTimeout(this.#timer);
    this.#failures = 0;
    this.#wasOpen = true;
    this.#timer = setTimeout(() => this.#backoff.reset(), this.#settings.stableAfterMs);
    this.#change("open", {});
  }

  #lost(code: number, reason: string): void {
    const { maxAttempts, maxFirstAttempts, maxDelayMs } = this.#settings;
    const offline = isOffline();
    if (this.#state === "connecting" && !offline) this.#failures++;
    this.#release()?.close();
    const advice = reconnectAfter(code);
    const isSpent = this.#failures >= (this.#wasOpen ? maxAttempts : maxFirstAttempts);
    if (advice === "no" || isSpent) {
      const end: ConnectionEnd = { code, reason, cause: advice === "no" ? "server" : "unreachable" };
      this.#stop(end);
      return this.#owner.ended(end);
    }
    this.#mustWait = advice === "after";
    // Offline is only a hint (it is wrong behind some VPNs, and for localhost), so tries become rare instead of ending.
    const retryInMs = offline ? maxDelayMs : this.#backoff.next(this.#mustWait);
    this.#timer = setTimeout(() => void this.#dial(), retryInMs);
    this.#change("waiting", { code, reason, retryInMs });
  }

  #hurry(): void {
    if (!this.#mustWait) this.retry();
  }

  /** Lets go of the socket: nothing of it is heard any more. */
  #release(): WebSocketLike | undefined {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const socket = this.#socket;
    if (socket !== undefined) socket.onopen = socket.onmessage = socket.onclose = null;
    this.#socket = undefined;
    return socket;
  }

  #stop({ code, reason }: ConnectionEnd): void {
    this.#watching.abort();
    this.#change("closed", { code, reason });
  }

  #change(state: ConnectionState, info: StateInfo): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#owner.changed(state, info);
  }
}
