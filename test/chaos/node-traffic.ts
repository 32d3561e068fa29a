import { closeSync, openSync, writeSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { SolentError } from "@solent/core/errors";
import type { LayerMessage, Member, Seat } from "@solent/core/layer";
import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { type Entry, nowUs, type Outcome } from "./history.ts";
import type { Action, Names, NodeCalls, NodeSetup } from "./protocol.ts";

type Unstamped = Entry extends infer Each ? (Each extends Entry ? Omit<Each, "at"> : never) : never;

const lookEveryMs = 10;

/** A history on disk: every line is with the system before anything follows from it, so SIGKILL takes none away. */
class Journal {
  readonly #file: number;
  #isClosed = false;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  write(entry: Unstamped): void {
    // A connection attempt may still fail when the layer is closed.
    if (!this.#isClosed) writeSync(this.#file, `${JSON.stringify({ at: nowUs(), ...entry })}\n`);
  }

  close(): void {
    this.#isClosed = true;
    closeSync(this.#file);
  }
}

/** A member that writes down what it gets. */
class Witness implements Member {
  readonly name: string;
  readonly got = new Set<string>();
  /** The groups that it is in, or waits to be in, by the number of the join. */
  readonly joins = new Map<string, number>();
  /** The position of the last message of each group. */
  readonly last = new Map<string, string>();
  readonly #journal: Journal;

  constructor(name: string, journal: Journal) {
    this.name = name;
    this.#journal = journal;
  }

  deliver({ data, meta: { type, group, position } }: LayerMessage): boolean {
    if (type === "group.gap") {
      const { group: where, cause } = data;
      this.#journal.write({ kind: "gap", member: this.name, group: String(where), cause: String(cause) });
      return true;
    }
    const id = String(data["id"]);
    const isWhole = bodyOf(id, Number(data["repeats"])) === data["body"];
    this.#journal.write({ kind: "got", member: this.name, group, id: isWhole ? id : `damaged ${id}`, position });
    this.got.add(id);
    if (group !== undefined && position !== undefined) this.last.set(group, position);
    return true;
  }
}

/** The members of one node, and what they do: runs in a process of its own. */
export class NodeTraffic implements NodeCalls {
  #setup: NodeSetup | undefined;
  #layer: RedisPubSubChannelLayer | undefined;
  #journal: Journal | undefined;
  readonly #members = new Map<string, { readonly witness: Witness; readonly seat: Seat }>();
  readonly #channels = new Map<string, string>();
  readonly #pending = new Set<Promise<unknown>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #messages = 0;
  #joins = 0;

  async begin(setup: NodeSetup): Promise<Readonly<Record<string, string>>> {
    const journal = new Journal(setup.file);
    const onProblem = (problem: Error, server: string): void => {
      journal.write({ kind: "note", text: `${server}: ${problem.message}` });
    };
    const layer = new RedisPubSubChannelLayer({ ...setup.layer, onProblem });
    this.#setup = setup;
    this.#journal = journal;
    this.#layer = layer;
    for (const name of setup.members) {
      const witness = new Witness(name, journal);
      this.#members.set(name, { witness, seat: layer.attach(witness) });
    }
    await layer.ready();
    return Object.fromEntries([...this.#members].map(([name, { seat }]) => [name, seat.channelName]));
  }

  meet(channels: Readonly<Record<string, string>>): Promise<void> {
    for (const [member, channel] of Object.entries(channels)) this.#channels.set(member, channel);
    return Promise.resolve();
  }

  go(what: "actions" | "afterwards"): Promise<void> {
    for (const action of this.#setup?.[what] ?? []) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#act(action);
      }, action.atMs);
      this.#timers.add(timer);
    }
    return Promise.resolve();
  }

  async finish(): Promise<void> {
    while (this.#timers.size > 0) await wait(lookEveryMs);
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  async sendLast(round: number, groups: Names): Promise<{ ids: Names; failures: Names }> {
    const { name } = this.#setup!;
    const sends = groups.map(async (group) => {
      const id = `${name}.last${round}.${group}`;
      return { id, outcome: await this.#publish(group, id, 1) };
    });
    const done = await Promise.all(sends);
    return {
      ids: done.filter(({ outcome }) => outcome === "accepted").map(({ id }) => id),
      failures: done.filter(({ outcome }) => outcome !== "accepted").map(({ id, outcome }) => `${id}: ${outcome}`),
    };
  }

  async hold(ids: Readonly<Record<string, Names>>, timeoutMs: number): Promise<Names> {
    const deadlineMs = performance.now() + timeoutMs;
    for (;;) {
      const lacking = this.#lacking(ids);
      if (lacking.length === 0 || performance.now() > deadlineMs) return lacking;
      await wait(lookEveryMs);
    }
  }

  async settle(): Promise<void> {
    await this.#layer?.settled();
  }

  async end(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#layer?.close();
    this.#journal?.close();
    this.#layer = undefined;
    for (const each of [this.#timers, this.#members, this.#channels, this.#pending]) each.clear();
  }

  #lacking(ids: Readonly<Record<string, Names>>): Names {
    return [...this.#members.values()].flatMap(({ witness: { name, got, joins } }) => {
      const owed = [...joins.keys()].flatMap((group) => ids[group] ?? []);
      return owed.filter((id) => !got.has(id)).map((id) => `${name} lacks ${id}`);
    });
  }

  #act(action: Action): void {
    if (action.do === "publish") {
      for (let i = 0; i < action.count; i += 1) this.#track(this.#publish(action.group, this.#newId(), action.repeats));
    } else if (action.do === "send") this.#track(this.#sendTo(action.to));
    else if (action.do === "join") this.#track(this.#join(action.member, action.group));
    else this.#leave(action.member, action.group);
  }

  #track(work: Promise<unknown>): void {
    this.#pending.add(work);
    void work.finally(() => this.#pending.delete(work));
  }

  #newId(): string {
    this.#messages += 1;
    return `${this.#setup!.name}.${this.#messages}`;
  }

  #publish(group: string, id: string, repeats: number): Promise<Outcome> {
    this.#journal!.write({ kind: "publish", id, group });
    const message = { type: "chaos.said", id, repeats, body: bodyOf(id, repeats) };
    return this.#outcome(id, this.#layer!.groupSend(group, message));
  }

  async #sendTo(member: string): Promise<void> {
    const channel = this.#channels.get(member);
    // Its node has not begun yet.
    if (channel === undefined) return;
    const id = this.#newId();
    this.#journal!.write({ kind: "send", id, to: member });
    const message = { type: "chaos.whispered", id, repeats: 1, body: bodyOf(id, 1) };
    await this.#outcome(id, this.#layer!.send(channel, message));
  }

  async #outcome(id: string, work: Promise<void>): Promise<Outcome> {
    const outcome = await work.then(() => "accepted", codeOf);
    this.#journal!.write({ kind: "outcome", id, outcome });
    return outcome;
  }

  async #join(member: string, group: string): Promise<void> {
    const { witness, seat } = this.#members.get(member)!;
    if (witness.joins.has(group)) return;
    this.#joins += 1;
    const join = this.#joins;
    witness.joins.set(group, join);
    this.#journal!.write({ kind: "join", member, group });
    const options = this.#setup!.layer.history === undefined ? undefined : { since: witness.last.get(group) };
    let recovered = false;
    const outcome = await seat.join(group, options).then((joined) => {
      recovered = joined.recovered;
      return "accepted";
    }, codeOf);
    // It may have left in the meantime, and come back.
    if (witness.joins.get(group) !== join) return;
    if (outcome === "accepted") {
      this.#journal!.write({ kind: "joined", member, group, recovered });
      return;
    }
    witness.joins.delete(group);
    this.#journal!.write({ kind: "refused", member, group, code: outcome });
  }

  #leave(member: string, group: string): void {
    const { witness, seat } = this.#members.get(member)!;
    if (!witness.joins.delete(group)) return;
    void seat.leave(group);
    this.#journal!.write({ kind: "left", member, group });
  }
}

function bodyOf(id: string, repeats: number): string {
  return `${id} `.repeat(repeats);
}

function codeOf(error: unknown): string {
  return SolentError.is(error) ? error.code : String(error);
}
