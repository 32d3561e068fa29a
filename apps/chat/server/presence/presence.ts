import { randomUUID } from "node:crypto";
import type { Database } from "../database/database.ts";
import type { ChatLog } from "../log.ts";
import { type WaitingBatch, waitingBatch } from "./batch.ts";
import { type Change, PresenceRows, rowsAtOnce, type Visit } from "./presence-rows.ts";

/** How long a node that says nothing counts as alive. */
const defaultLeaseMs = 4_000;

/** How often it says so, in one lease: a dead node's people are gone after one lease and one of these. */
const looksInOneLease = 4;

/** Changes that could not be told and are told later, at most. */
const maxUntold = 10_000;

/** How often a change is told again because it was another one by then; the next look goes on. */
const maxCorrections = 5;

/** What presence needs around it. */
export interface PresenceOptions {
  /** What this node is called, in logs. */
  readonly node: string;
  /** How long a node that says nothing counts as alive, in ms. @default 4_000 */
  readonly leaseMs?: number;
  /** Tells a place that somebody has come or gone. May be told the same twice. */
  readonly tell: (change: Change) => Promise<void>;
  readonly log: ChatLog;
}

/**
 * Who is where, on all nodes that share the database.
 *
 * People are counted by connection, so that several tabs of one person are one person, wherever each of them is. Whoever
 * notes the first or the last of somebody tells it. A node says every second that it lives; of one that does not, another
 * takes the connections away. A node that was taken for dead and is not notes its people again.
 */
export class Presence {
  readonly #rows: PresenceRows;
  readonly #options: PresenceOptions;
  readonly #leaseMs: number;
  readonly #here = new Map<string, Visit>();
  readonly #queue: WaitingBatch[] = [];
  /** Connections whose batch failed: what is true about them is noted at the next look. */
  readonly #untidy = new Set<string>();
  readonly #untold = new Map<string, Change>();
  #id: string = randomUUID();
  #isWorking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #look: Promise<void> | undefined;
  #isStopped = false;

  constructor(database: Database, options: PresenceOptions) {
    this.#rows = new PresenceRows(database);
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? defaultLeaseMs;
  }

  /** Begins to live, and takes away what nodes that are dead have left behind. */
  async start(): Promise<void> {
    await this.#rows.begin({ id: this.#id, name: this.#options.node }, this.#leaseMs);
    await this.#lookAround();
    this.#schedule();
  }

  /** Takes away everything that is still here, tells so, and lives no more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#look;
    while (this.#queue.length > 0) await this.#queue.at(-1)?.done.catch(() => undefined);
    this.#here.clear();
    await this.#clear(this.#id);
    await this.#rows.forget(this.#id);
  }

  /** Notes that a connection of somebody has come; the place was told when it resolves. */
  async enter(visit: Visit): Promise<void> {
    this.#here.set(visit.connection, visit);
    await this.#note(visit.connection);
  }

  /** Notes that a connection has gone; the place was told when it resolves. Harmless when it never came. */
  async leave(connection: string): Promise<void> {
    if (this.#here.delete(connection)) await this.#note(connection);
  }

  /** The names of all who are in a place, in their order. */
  names(place: string): Promise<string[]> {
    return this.#rows.names(place);
  }

  // Those who come while the database works come together: after a restart that is everybody.
  #note(connection: string): Promise<void> {
    let batch = this.#queue.at(-1);
    if (batch === undefined || batch.connections.size >= rowsAtOnce) this.#queue.push((batch = waitingBatch()));
    batch.connections.add(connection);
    void this.#work();
    return batch.done;
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) await this.#apply(batch);
    this.#isWorking = false;
  }

  async #apply({ connections, resolve, reject }: WaitingBatch): Promise<void> {
    const come = [...connections].flatMap((connection) => this.#here.get(connection) ?? []);
    const gone = [...connections].filter((connection) => !this.#here.has(connection));
    try {
      const changes = await this.#rows.apply(this.#id, { come, gone });
      // Whoever comes next need not wait until it is told: the layer may be away.
      resolve(this.#tellAll(changes));
    } catch (error) {
      for (const connection of connections) this.#untidy.add(connection);
      reject(error);
    }
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#look = this.#lookAround()
        .catch((error: unknown) => this.#options.log.error({ err: error }, "who is here could not be looked after"))
        .then(() => {
          if (!this.#isStopped) this.#schedule();
        });
    }, this.#leaseMs / looksInOneLease).unref();
  }

  async #lookAround(): Promise<void> {
    if (!(await this.#rows.renew(this.#id, this.#leaseMs))) await this.#comeBack();
    for (const node of await this.#rows.dead()) await this.#clear(node);
    await this.#rows.forgetDead();
    const untidy = [...this.#untidy];
    this.#untidy.clear();
    await Promise.all(untidy.map((connection) => this.#note(connection)));
    const untold = [...this.#untold.values()];
    this.#untold.clear();
    for (const change of untold) await this.#tell({ ...change, isHere: await this.#rows.has(change) });
  }

  // Others took this node for dead: it was stopped, or kept from the database, for longer than its lease.
  async #comeBack(): Promise<void> {
    this.#options.log.warn({ people: this.#here.size }, "this node was taken for dead: its people are noted again");
    this.#id = randomUUID();
    await this.#rows.begin({ id: this.#id, name: this.#options.node }, this.#leaseMs);
    await Promise.all([...this.#here.keys()].map((connection) => this.#note(connection)));
  }

  async #clear(node: string): Promise<void> {
    for (;;) {
      const { changes, isEmpty } = await this.#rows.clear(node);
      await this.#tellAll(changes);
      if (isEmpty) return;
    }
  }

  async #tellAll(changes: readonly Change[]): Promise<void> {
    await Promise.all(changes.map((change) => this.#tell(change)));
  }

  // Two nodes may be heard in another order than the database has taken them in. Whoever has told something looks whether it
  // is still so, so that the last word is true.
  async #tell(change: Change): Promise<void> {
    let told = change;
    try {
      for (let correction = 0; correction <= maxCorrections; correction++) {
        await this.#options.tell(told);
        const isHere = await this.#rows.has(told);
        if (isHere === told.isHere) return;
        told = { ...told, isHere };
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, "who has come or gone could not be told, and is told later");
    }
    if (this.#untold.size < maxUntold) this.#untold.set(JSON.stringify([told.place, told.person]), told);
  }
}
