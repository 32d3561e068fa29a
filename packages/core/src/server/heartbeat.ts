import type { Connection } from "../connection/connection.ts";
import type { Limits } from "../connection/limits.ts";

const longestTickMs = 1_000;
const shortestTickMs = 20;

/**
 * One timer for all connections of a server: pings, silence, idleness and handshakes that take too long.
 *
 * Pings are spread over the interval, so that 10,000 connections are not pinged in one turn.
 */
export class Heartbeat {
  readonly #connections: ReadonlySet<Connection>;
  readonly #expire: (nowMs: number) => void;
  readonly #intervalMs: number;
  readonly #slots: number;
  readonly #timer: NodeJS.Timeout;
  readonly #tickMs: number;
  #lastTickMs: number = performance.now();
  #hasSkipped = false;
  #slot = 0;

  constructor(connections: ReadonlySet<Connection>, limits: Limits, expire: (nowMs: number) => void) {
    this.#connections = connections;
    this.#expire = expire;
    this.#intervalMs = limits.heartbeatIntervalMs;
    const bounds = [
      limits.handshakeTimeoutMs,
      limits.heartbeatIntervalMs,
      limits.heartbeatTimeoutMs,
      limits.idleTimeoutMs,
    ];
    const shortestMs = Math.min(...bounds.filter((ms) => ms > 0));
    const tickMs = Math.min(longestTickMs, Math.max(shortestTickMs, Math.floor(shortestMs / 4)));
    this.#slots = Math.max(1, Math.round(limits.heartbeatIntervalMs / tickMs));
    this.#tickMs = tickMs;
    this.#timer = setInterval(() => this.#tick(), tickMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    // After a computation that held the process, what peers said meanwhile is still unread: they are judged next time.
    const wasHeld = now - this.#lastTickMs > 2 * this.#tickMs;
    this.#lastTickMs = now;
    this.#hasSkipped = wasHeld && !this.#hasSkipped;
    if (this.#hasSkipped) return;
    this.#expire(now);
    this.#slot = (this.#slot + 1) % this.#slots;
    let index = 0;
    for (const connection of this.#connections) {
      connection.beat(now);
      if (this.#intervalMs > 0 && index++ % this.#slots === this.#slot) connection.ping(now);
    }
  }
}
