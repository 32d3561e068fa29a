import { expect } from "vitest";
import { eventually } from "../support/redis/eventually.ts";
import type { Fleet } from "./fleet.ts";
import { faults, Ledger } from "./ledger.ts";
import { listen, type Listener } from "./listener.ts";

/** Groups in many partitions, a member of each on every node, and a sender to each: for faults of a part of the servers. */
export class ManyGroups {
  readonly ledgers: readonly Ledger[];
  readonly members: ReadonlyMap<Ledger, readonly Listener[]>;
  readonly #fleet: Fleet;
  #isOver = false;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(fleet: Fleet, members: ReadonlyMap<Ledger, readonly Listener[]>) {
    this.#fleet = fleet;
    this.members = members;
    this.ledgers = [...members.keys()];
  }

  /** Sends to all groups until `end`. */
  begin(): void {
    this.#sending = Promise.all(this.ledgers.map((ledger) => ledger.sendUntil(() => this.#isOver, 2)));
  }

  /** Waits until each group has been sent so many more that were accepted. */
  async accepts(more: number): Promise<void> {
    const goals = this.ledgers.map((ledger) => ledger.numbers().length + more);
    await eventually(`every group has ${more} more accepted`, async () =>
      this.ledgers.every((ledger, i) => ledger.numbers().length >= goals[i]!),
    );
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#sending;
  }

  /** Sends to each group until everybody hears it; and says what is wrong with what was heard all in all. */
  async faults(): Promise<string[]> {
    await this.end();
    for (const [ledger, members] of this.members) {
      await eventually(`everybody hears ${ledger.group}`, async () => {
        const outcome = await ledger.send();
        await this.#fleet.settle();
        return outcome === "accepted" && members.every((member) => member.numbers(ledger.from).at(-1) === ledger.sent);
      });
    }
    expect(this.ledgers.map((ledger) => ledger.numbers("LAYER_BUSY"))).toEqual(this.ledgers.map(() => []));
    return [...this.members].flatMap(([ledger, members]) =>
      members.flatMap((member) => faults(ledger, member).map((fault) => `${ledger.group}: ${fault}`)),
    );
  }
}

/** Joins `count` groups on every node; each has its sender, on the nodes in turn. */
export async function manyGroups(fleet: Fleet, count = 12): Promise<ManyGroups> {
  const { layers } = fleet;
  const members = new Map<Ledger, readonly Listener[]>();
  for (let i = 0; i < count; i += 1) {
    const group = `room.${i}`;
    const ledger = new Ledger(layers[i % layers.length]!, group, group);
    members.set(ledger, await Promise.all(layers.map((layer) => listen(layer, group))));
  }
  return new ManyGroups(fleet, members);
}
