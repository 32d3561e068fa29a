import { Alarm } from "../internal/alarm.ts";
import { RingBuffer } from "../internal/ring-buffer.ts";
import type { Link } from "./group-link.ts";

/** The groups whose last member has left, and which are subscribed for a moment more: members come and go. */
export class Lingering {
  readonly #lingerMs: number;
  readonly #over: (link: Link) => void;
  // The time is the same for all, so they are over in the order they came.
  readonly #links = new RingBuffer<Link>();
  readonly #alarm = new Alarm(() => this.#end());

  /** @param over told of a group that nobody has wanted for `lingerMs`. */
  constructor(lingerMs: number, over: (link: Link) => void) {
    this.#lingerMs = lingerMs;
    this.#over = over;
  }

  /** Nobody wants it from now on. */
  add(link: Link): void {
    link.unwantedAtMs = performance.now();
    if (this.#lingerMs === 0) {
      this.#over(link);
      return;
    }
    this.#links.push(link);
    this.#alarm.within(this.#lingerMs);
  }

  /** Whether nobody has wanted it for long enough. */
  isOver(link: Link): boolean {
    return performance.now() - link.unwantedAtMs >= this.#lingerMs;
  }

  close(): void {
    this.#alarm.stop();
    this.#links.clear();
  }

  #end(): void {
    for (let link = this.#links.at(0); link !== undefined; link = this.#links.at(0)) {
      const leftMs = link.unwantedAtMs + this.#lingerMs - performance.now();
      if (!link.isWanted && link.wire === "on" && leftMs > 0) {
        this.#alarm.within(leftMs);
        return;
      }
      this.#links.shift();
      if (!link.isWanted) this.#over(link);
    }
  }
}
