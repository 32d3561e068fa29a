import type { Action } from "./protocol.ts";
import { Random } from "./random.ts";
import type { Topology } from "./world.ts";

/** What happens to one node, or to its way to Redis. */
export const nodeFaults = ["kill", "pause"] as const;
export type NodeFault = (typeof nodeFaults)[number];

/** What happens between the nodes and Redis. */
export const networkFaults = [
  "delay",
  "cut",
  "cut off",
  "throttle",
  "half-open",
  "half-open and cut",
  "lost answers",
  "CLIENT KILL of subscribers",
  "CLIENT KILL of publishers",
  "SCRIPT FLUSH",
] as const;
export type NetworkFault = (typeof networkFaults)[number];

/** What happens to the servers of each topology. */
const serverFaults: Readonly<Record<Topology, readonly string[]>> = {
  single: [
    "restart with data",
    "restart without data",
    "failover to a stale replica",
    "failover to a stale replica, a node cut off with it",
  ],
  sentinel: ["Sentinel failover by command", "Sentinel failover by a kill", "Sentinel failover to a stale replica"],
  cluster: [
    "Cluster failover by command",
    "kill of a primary",
    "Cluster failover to a stale replica",
    "Cluster failover to a stale replica, a node cut off with it",
    "slot migration",
  ],
};

/** A fault at its time. Those of one kind follow each other; those of different kinds may meet. */
export interface PlannedFault<Name extends string = string> {
  readonly name: Name;
  /** Not before this, counted from the start of the traffic. */
  readonly atMs: number;
  /** How long it lasts. */
  readonly lengthMs: number;
  /** Which node, by its number. */
  readonly node: number;
  /** From 0 to below 1: every other choice. */
  readonly dice: number;
}

/** What one node does. */
export interface PlannedNode {
  readonly name: string;
  readonly members: readonly string[];
  readonly actions: readonly Action[];
  /** When all faults are over. */
  readonly afterwards: readonly Action[];
}

/** All that a seed decides. */
export interface Plan {
  readonly seed: number;
  readonly topology: Topology;
  readonly groups: readonly string[];
  readonly nodes: readonly PlannedNode[];
  /** For each node who takes its place when it is killed, with the time counted from then. */
  readonly replacements: readonly PlannedNode[];
  readonly servers: readonly PlannedFault[];
  readonly network: readonly PlannedFault<NetworkFault>[];
  readonly processes: readonly PlannedFault<NodeFault>[];
}

const trafficMs: Readonly<Record<Topology, number>> = { single: 2200, sentinel: 6000, cluster: 6000 };
const afterwardsMs = 400;
const nodeCount = 3;
const membersEach = 2;

/** The plan of a seed: the same every time. */
export function planOf(seed: number, topology: Topology): Plan {
  const random = new Random(`${topology}/${seed}`);
  const durationMs = trafficMs[topology];
  const groups = ["room.1", "room.2", "room.3"];
  const named = (label: string): { name: string; members: string[] }[] =>
    Array.from({ length: nodeCount }, (_, i) => {
      const name = `${label}${i}`;
      return { name, members: Array.from({ length: membersEach }, (_, k) => `${name}.m${k}`) };
    });
  const firsts = named("n");
  const members = firsts.flatMap((node) => node.members);
  const withActions = (node: { name: string; members: string[] }, lengthMs: number): PlannedNode => {
    const about = { durationMs: lengthMs, groups, peers: members, members: node.members };
    const later = { ...about, durationMs: afterwardsMs };
    return {
      ...node,
      actions: [...joinsOf(random.fork(`${node.name}/joins`), about), ...actionsOf(random.fork(node.name), about)],
      afterwards: actionsOf(random.fork(`${node.name}/afterwards`), later),
    };
  };
  const times = random.fork("faults");
  return {
    seed,
    topology,
    groups,
    nodes: firsts.map((node) => withActions(node, durationMs)),
    replacements: named("r").map((node) => withActions(node, durationMs / 2)),
    servers: faultsOf(times, serverFaults[topology], { count: times.pick([0, 1, 1, 2]), durationMs }),
    network: faultsOf(times, networkFaults, { count: times.int(1, 3), durationMs }),
    processes: faultsOf(times, nodeFaults, { count: times.int(0, 2), durationMs }),
  };
}

function faultsOf<Name extends string>(
  random: Random,
  names: readonly Name[],
  { count, durationMs }: { readonly count: number; readonly durationMs: number },
): readonly PlannedFault<Name>[] {
  const faults = Array.from({ length: count }, () => ({
    name: random.pick(names),
    atMs: random.int(100, Math.floor(durationMs * 0.7)),
    lengthMs: random.chance(0.5) ? random.int(20, 200) : random.int(200, 900),
    node: random.int(0, nodeCount - 1),
    dice: random.next(),
  }));
  return faults.toSorted((a, b) => a.atMs - b.atMs);
}

interface ActionParts {
  readonly durationMs: number;
  readonly groups: readonly string[];
  /** Whom it may send to. */
  readonly peers: readonly string[];
  readonly members: readonly string[];
}

function joinsOf(random: Random, { groups, members }: ActionParts): readonly Action[] {
  const all = members.flatMap((member) => groups.map((group) => ({ atMs: 0, do: "join" as const, member, group })));
  return all.filter(() => random.chance(0.7));
}

function actionsOf(random: Random, { durationMs, groups, peers, members }: ActionParts): readonly Action[] {
  const actions: Action[] = [];
  const stepMs = Math.max(12, durationMs / 90);
  for (let atMs = 0; atMs < durationMs; atMs += random.int(1, 2 * stepMs)) {
    const kind = random.next();
    const group = random.pick(groups);
    if (kind < 0.06) actions.push({ atMs, do: "join", member: random.pick(members), group });
    else if (kind < 0.12) actions.push({ atMs, do: "leave", member: random.pick(members), group });
    else if (kind < 0.22) actions.push({ atMs, do: "send", to: random.pick(peers) });
    else actions.push({ atMs, do: "publish", group, count: random.int(1, 4), repeats: random.pick([1, 3, 60]) });
  }
  return actions;
}
