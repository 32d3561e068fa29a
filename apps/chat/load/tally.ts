/** What became of the messages. */
export interface Outcome {
  readonly messages: number;
  /** Messages that arrived at somebody who should have them, each once. */
  readonly deliveries: number;
  /** Deliveries that should have been, and were not. */
  readonly missing: number;
  /** Arrivals of what had arrived at the same place before. */
  readonly doubled: number;
  /** Arrivals where nobody sent anything to. */
  readonly strays: number;
  /** From the moment a message was due to each of its deliveries, ascending, in milliseconds. */
  readonly latenciesMs: Float64Array;
  /** From the moment the first message was due to the last delivery, in milliseconds. */
  readonly durationMs: number;
}

/** A message that is sent, and when it should be. */
export interface DueMessage {
  readonly id: string;
  readonly room: string;
  readonly dueAtMs: number;
}

/** A message that somebody got. */
export interface Arrival {
  readonly id: string;
  readonly room: string;
  /** Which of the room's members it is, from 0. */
  readonly member: number;
  readonly atMs: number;
}

interface Sent extends DueMessage {
  /** How often each member of the room got it, up to 255 times. */
  readonly arrivals: Uint8Array;
}

/** Counts that every message arrives exactly once at every member of its room. */
export class Tally {
  readonly #members: ReadonlyMap<string, number>;
  readonly #sent = new Map<string, Sent>();
  readonly #latenciesMs: number[] = [];
  #expected = 0;
  #doubled = 0;
  #strays = 0;
  #firstDueAtMs = Infinity;
  #lastAtMs = -Infinity;
  #whenComplete: (() => void) | undefined;

  /** @param members how many members each room has. */
  constructor(members: ReadonlyMap<string, number>) {
    this.#members = members;
  }

  /** Notes a message, before it is sent. */
  expect(message: DueMessage): void {
    const members = this.#members.get(message.room) ?? 0;
    this.#sent.set(message.id, { ...message, arrivals: new Uint8Array(members) });
    this.#expected += members;
    this.#firstDueAtMs = Math.min(this.#firstDueAtMs, message.dueAtMs);
  }

  /** Notes that somebody got a message. */
  arrived({ id, room, member, atMs }: Arrival): void {
    const sent = this.#sent.get(id);
    const before = sent?.room === room ? sent.arrivals[member] : undefined;
    if (sent === undefined || before === undefined) {
      this.#strays += 1;
      return;
    }
    sent.arrivals[member] = Math.min(255, before + 1);
    if (before > 0) {
      this.#doubled += 1;
      return;
    }
    this.#latenciesMs.push(atMs - sent.dueAtMs);
    this.#lastAtMs = Math.max(this.#lastAtMs, atMs);
    if (this.#latenciesMs.length === this.#expected) this.#whenComplete?.();
  }

  /** Waits until everything that is expected has arrived, but no longer than that. */
  async complete(withinMs: number): Promise<void> {
    if (this.#latenciesMs.length === this.#expected) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#whenComplete = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#whenComplete = undefined;
  }

  /** What became of everything so far. */
  outcome(): Outcome {
    const deliveries = this.#latenciesMs.length;
    return {
      messages: this.#sent.size,
      deliveries,
      missing: this.#expected - deliveries,
      doubled: this.#doubled,
      strays: this.#strays,
      latenciesMs: Float64Array.from(this.#latenciesMs).toSorted(),
      durationMs: Math.max(0, this.#lastAtMs - this.#firstDueAtMs),
    };
  }
}
