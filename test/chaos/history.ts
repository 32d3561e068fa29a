/** What a layer promises about a message: `"accepted"`, or the code it rejected with. */
export type Outcome = string;

/**
 * One line that a node wrote, in the order in which things happened there.
 *
 * `at` is in microseconds of a clock that all processes of the machine share. A message is written down before it is
 * given to the layer, so a killed node has no secrets.
 */
export type Entry =
  | { readonly at: number; readonly kind: "publish"; readonly id: string; readonly group: string }
  | { readonly at: number; readonly kind: "send"; readonly id: string; readonly to: string }
  | { readonly at: number; readonly kind: "outcome"; readonly id: string; readonly outcome: Outcome }
  | { readonly at: number; readonly kind: "join" | "left"; readonly member: string; readonly group: string }
  | {
      readonly at: number;
      readonly kind: "joined";
      readonly member: string;
      readonly group: string;
      /** Whether nothing is missing since the last message that it got before. */
      readonly recovered?: boolean;
    }
  | {
      readonly at: number;
      readonly kind: "refused";
      readonly member: string;
      readonly group: string;
      readonly code: string;
    }
  /** A message of a group, or a direct one when there is no group. */
  | {
      readonly at: number;
      readonly kind: "got";
      readonly member: string;
      readonly group: string | undefined;
      readonly id: string;
      readonly position: string | undefined;
    }
  | {
      readonly at: number;
      readonly kind: "gap";
      readonly member: string;
      readonly group: string;
      readonly cause: string;
    }
  /** What the layer said of its connections: for whoever reads the history. */
  | { readonly at: number; readonly kind: "note"; readonly text: string };

/** Everything that one node wrote. */
export interface NodeHistory {
  readonly node: string;
  /** Whether it was ended by force: it owes nothing afterwards. */
  readonly wasKilled: boolean;
  readonly entries: readonly Entry[];
}

/** A time in which two servers may both have accepted messages of one group, on the same clock. */
export interface Window {
  readonly fromAt: number;
  readonly toAt: number;
}

/** Everything that happened in a run. */
export interface History {
  readonly nodes: readonly NodeHistory[];
  readonly failovers: readonly Window[];
  /** The messages that were sent when all was well again: every member that was in the group then must have got them. */
  readonly last: readonly string[];
  /** Whether groups remembered everything that was sent. */
  readonly remembers?: boolean;
}

/** The time now, on the clock of all histories. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Reads what a node wrote. A last line that is not whole is what a killed node left: it had no effect yet. */
export function readEntries(text: string): readonly Entry[] {
  const lines = text.split("\n");
  lines.pop();
  return lines.map((line) => JSON.parse(line) as Entry);
}
