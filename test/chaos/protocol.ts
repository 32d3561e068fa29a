import type { RedisPubSubChannelLayerOptions } from "@solent/redis-layer";

/** What a node does, and when, counted from the start of the traffic. */
export type Action = { readonly atMs: number } & (
  | { readonly do: "publish"; readonly group: string; readonly count: number; readonly repeats: number }
  | { readonly do: "join" | "leave"; readonly member: string; readonly group: string }
  | { readonly do: "send"; readonly to: string }
);

/** A node as it begins: all of it can be sent to another process. */
export interface NodeSetup {
  readonly name: string;
  /** Where its history is written. */
  readonly file: string;
  readonly layer: Omit<RedisPubSubChannelLayerOptions, "onProblem" | "now" | "onFault">;
  readonly members: readonly string[];
  readonly actions: readonly Action[];
  /** What it does when all faults are over. */
  readonly afterwards: readonly Action[];
}

/** Groups and members by name. */
export type Names = readonly string[];

/** What a node can be asked, and what it answers. */
export interface NodeCalls {
  /** Connects and takes its members' seats; answers their channel names. */
  begin(setup: NodeSetup): Promise<Readonly<Record<string, string>>>;
  /** Tells it where members are, here and on other nodes. */
  meet(channels: Readonly<Record<string, string>>): Promise<void>;
  /** Starts the traffic, or what comes after all faults. */
  go(what: "actions" | "afterwards"): Promise<void>;
  /** Resolves when all its actions are over, and every promise that the layer gave has settled. */
  finish(): Promise<void>;
  /** Sends one more message to each group; answers which were accepted, and what became of the others. */
  sendLast(round: number, groups: Names): Promise<{ readonly ids: Names; readonly failures: Names }>;
  /** Resolves when every member has those of the messages that are of its groups; answers who still lacks what in the end. */
  hold(ids: Readonly<Record<string, Names>>, timeoutMs: number): Promise<Names>;
  /** Resolves when nothing is on its way. */
  settle(): Promise<void>;
  /** Closes the layer; the process can begin again as another node. */
  end(): Promise<void>;
}

/** A call on its way to a node. */
export interface Request {
  readonly number: number;
  readonly call: keyof NodeCalls;
  readonly parameters: readonly unknown[];
}

/** Its answer. */
export interface Response {
  readonly number: number;
  readonly value?: unknown;
  readonly problem?: string;
}
