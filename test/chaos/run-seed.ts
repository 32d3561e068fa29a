import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { endAll } from "../support/redis/redis-process.ts";
import { type RedisProxies, redisProxies } from "../support/redis/redis-proxies.ts";
import { healNetwork, isolate, strikeNetwork } from "./faults.ts";
import { type History, nowUs, readEntries, type Window } from "./history.ts";
import type { NodeHandle, NodePool } from "./node-handle.ts";
import type { NodeFault, Plan, PlannedFault, PlannedNode } from "./plan.ts";
import type { Names, NodeSetup } from "./protocol.ts";
import { ServersInTrouble, type World } from "./world.ts";

/** What a run needs. */
export interface RunParts {
  readonly plan: Plan;
  readonly world: World;
  readonly pool: NodePool;
  /** Whether groups remember everything that is sent. */
  readonly remembers: boolean;
  /** Told what happens, when it happens. */
  readonly onEvent?: (what: string) => void;
}

/** Short times, so that a few seconds hold many reconnects. */
const haste = {
  publishTimeoutMs: 500,
  connectTimeoutMs: 1000,
  proofIntervalMs: 100,
  proofTimeoutMs: 500,
  joinTimeoutMs: 3000,
  callTimeoutMs: 2500,
  lingerMs: 50,
  verifyIntervalMs: 400,
} as const;

const everything = { "*": { messages: 10_000, ageMs: 600_000 } } as const;

const roundMs = 3000;
const pauseMs = 200;
const notesShown = 10;
const convergenceMs = 20_000;

/** One node of the run: a process, its way to Redis, and who it is now. */
interface Place {
  readonly number: number;
  readonly proxies: RedisProxies;
  handle: NodeHandle;
  name: string;
  isReplaced: boolean;
}

/** Runs a plan; answers all that happened. */
export async function runPlan(parts: RunParts): Promise<History> {
  const run = new Run(parts);
  try {
    return await run.perform();
  } finally {
    await run.end();
  }
}

let runs = 0;

/** Waits for the servers; says so when it is they that fail. */
async function inTrouble(what: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw new ServersInTrouble(`the servers are in trouble at "${what}": ${String(error)}`, { cause: error });
  }
}

class Run {
  readonly #parts: RunParts;
  readonly #folder = mkdtempSync(join(tmpdir(), "solent-chaos-"));
  readonly #prefix: string;
  readonly #places: Place[] = [];
  readonly #names: { readonly name: string; wasKilled: boolean }[] = [];
  readonly #channels: Record<string, string> = {};
  readonly #failovers: Window[] = [];
  #startedAtMs = 0;

  constructor(parts: RunParts) {
    runs += 1;
    this.#parts = parts;
    this.#prefix = `chaos.${process.pid}.${runs}`;
  }

  /** Runs it; rejects, with what the layers said of their connections, when it cannot come to its end. */
  async perform(): Promise<History> {
    try {
      return await this.#traffic();
    } catch (error) {
      for (const { name } of this.#names) for (const note of this.#lastNotes(name)) this.#say(`${name}: ${note}`);
      throw error;
    }
  }

  async #traffic(): Promise<History> {
    const { plan, world } = this.#parts;
    await this.#begin();
    this.#startedAtMs = performance.now();
    await Promise.all(this.#places.map(({ handle }) => handle.ask("go", "actions")));
    await Promise.all([this.#servers(), this.#network(), this.#processes()]);
    await this.#heal();
    await inTrouble("the end of all faults", world.settled());
    await Promise.all(this.#places.map(({ handle }) => handle.ask("go", "afterwards")));
    await this.#everywhere("finish");
    this.#say("all is well again, and the traffic is over");
    const last = await this.#sendLast(plan.groups);
    await this.#everywhere("settle");
    await this.#everywhere("end");
    return this.#history(last);
  }

  /** Ends what is left of it, whatever happened. */
  async end(): Promise<void> {
    for (const { handle } of this.#places) if (handle.isStopped) handle.resume();
    await Promise.allSettled(
      this.#places.map(async ({ handle }) => {
        // A process that cannot even end is no node again.
        await handle.ask("end").catch(() => handle.kill());
        this.#parts.pool.giveBack(handle);
      }),
    );
    await Promise.allSettled([endAll(this.#places.map(({ proxies }) => proxies))]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    const { plan, world, pool } = this.#parts;
    for (const [number, { name }] of plan.nodes.entries()) {
      const proxies = await redisProxies(world.addresses.map((address) => ({ address })));
      this.#places.push({ number, proxies, handle: pool.take(), name, isReplaced: false });
    }
    pool.prepare(1);
    await Promise.all(this.#places.map((place) => this.#beginNode(place, plan.nodes[place.number]!)));
    await this.#introduce();
  }

  async #beginNode(place: Place, planned: PlannedNode): Promise<void> {
    const { name } = planned;
    place.name = name;
    this.#names.push({ name, wasKilled: false });
    const redis = this.#parts.world.location(place.proxies);
    const history = this.#parts.remembers ? { history: everything } : {};
    const layer: NodeSetup["layer"] = { ...haste, ...history, redis, prefix: this.#prefix };
    const setup: NodeSetup = { ...planned, layer, file: this.#fileOf(name) };
    Object.assign(this.#channels, await place.handle.ask("begin", setup));
  }

  // A node that was killed at this moment is not introduced to anybody.
  async #introduce(): Promise<void> {
    await Promise.allSettled(this.#places.map(({ handle }) => handle.ask("meet", this.#channels)));
  }

  // Three kinds of faults, each with its own clock: they meet as they like.

  async #servers(): Promise<void> {
    const { plan, world } = this.#parts;
    for (const planned of plan.servers) {
      await this.#until(planned);
      const fault = world.faults[planned.name];
      if (fault === undefined) throw new Error(`${plan.topology} has no fault "${planned.name}"`);
      this.#tell(planned);
      const fromAt = nowUs();
      const { all } = this.#places[planned.node]!.proxies;
      const isolation = { isolate: () => isolate(all), rejoin: () => healNetwork(all) };
      await inTrouble(planned.name, fault.strike({ ...planned, prefix: this.#prefix, ...isolation }));
      this.#say(`"${planned.name}" is mended`);
      if (fault.splits) this.#failovers.push({ fromAt, toAt: nowUs() });
    }
  }

  async #network(): Promise<void> {
    const { plan, world } = this.#parts;
    for (const planned of plan.network) {
      await this.#until(planned);
      this.#tell(planned);
      await strikeNetwork({ proxies: this.#places[planned.node]!.proxies.all, servers: world.running }, planned);
    }
  }

  async #processes(): Promise<void> {
    for (const planned of this.#parts.plan.processes) {
      await this.#until(planned);
      await this.#strikeProcess(this.#places[planned.node]!, planned);
    }
  }

  async #strikeProcess(place: Place, planned: PlannedFault<NodeFault>): Promise<void> {
    const { plan, pool } = this.#parts;
    if (planned.name === "pause") {
      this.#tell(planned);
      place.handle.stop();
      await wait(planned.lengthMs);
      place.handle.resume();
      return;
    }
    if (place.isReplaced) return;
    this.#tell(planned);
    place.isReplaced = true;
    await place.handle.kill();
    this.#names.find(({ name }) => name === place.name)!.wasKilled = true;
    pool.giveBack(place.handle);
    place.handle = pool.take();
    await this.#beginNode(place, plan.replacements[place.number]!);
    await this.#introduce();
    await place.handle.ask("go", "actions");
  }

  async #until({ atMs }: PlannedFault): Promise<void> {
    await wait(Math.max(0, this.#startedAtMs + atMs - performance.now()));
  }

  #tell({ name, node, lengthMs }: PlannedFault): void {
    this.#say(`${name} (node ${node}, ${lengthMs} ms)`);
  }

  #say(what: string): void {
    this.#parts.onEvent?.(`${Math.round(performance.now() - this.#startedAtMs)} ms: ${what}`);
  }

  async #heal(): Promise<void> {
    for (const { proxies } of this.#places) await healNetwork(proxies.all);
  }

  async #everywhere(call: "finish" | "settle" | "end"): Promise<void> {
    await Promise.all(this.#places.map(({ handle }) => handle.ask(call)));
  }

  // Connections come back in their own time: the messages that count are those of the first round that finds all of them.
  async #sendLast(groups: Names): Promise<Names> {
    const deadlineMs = performance.now() + convergenceMs;
    for (let round = 1; ; round += 1) {
      const sent = await Promise.all(this.#places.map(({ handle }) => handle.ask("sendLast", round, groups)));
      const ids = sent.flatMap((each) => each.ids);
      const failures = sent.flatMap((each) => each.failures);
      const perGroup = Object.fromEntries(groups.map((group) => [group, ids.filter((id) => id.endsWith(group))]));
      const lacking = await Promise.all(this.#places.map(({ handle }) => handle.ask("hold", perGroup, roundMs)));
      const isComplete = lacking.flat().length === 0 && failures.length === 0;
      this.#say(
        `round ${round} of last messages: ${isComplete ? "complete" : [...failures, ...lacking.flat()].join(", ")}`,
      );
      if (isComplete || performance.now() > deadlineMs) {
        if (failures.length > 0) throw new Error(`when all was well again: ${failures.slice(0, 5).join(", ")}`);
        return ids;
      }
      await wait(pauseMs);
    }
  }

  #history(last: Names): History {
    const nodes = this.#names.map(({ name, wasKilled }) => ({
      node: name,
      wasKilled,
      entries: readEntries(readFileSync(this.#fileOf(name), "utf8")),
    }));
    return { nodes, failovers: this.#failovers, last, remembers: this.#parts.remembers };
  }

  #lastNotes(name: string): Names {
    const entries = readEntries(readFileSync(this.#fileOf(name), "utf8"));
    return entries.flatMap((entry) => (entry.kind === "note" ? [entry.text] : [])).slice(-notesShown);
  }

  #fileOf(name: string): string {
    return join(this.#folder, `${name}.jsonl`);
  }
}
