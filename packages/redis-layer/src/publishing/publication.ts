import type { HistoryPolicy, Published } from "@solent/core/layer";

/** One message on its way into Redis. */
export interface Publication {
  /** Its channel, and the key of its position. */
  readonly name: string;
  readonly partition: number;
  readonly bytes: Uint8Array;
  readonly id: string;
  /** It gets no position. */
  readonly volatile: boolean;
  /** How much its group remembers: then it can be tried again although it may have been executed. */
  readonly keep?: HistoryPolicy | undefined;
  /** The life of the server that it was written to last. */
  writtenIn?: string;
  /** The life of the server in which it may have been executed. */
  againIn?: string | undefined;
  /** When it is given up, if it has not been written by then; on the clock of `performance.now`. */
  readonly dueAtMs: number;
  readonly resolve: (published: Published) => void;
  readonly reject: (error: Error) => void;
}

/** What became of an attempt. */
export type Attempt =
  | { readonly outcome: "done"; readonly receivers: number | undefined }
  /** Surely not executed, and worth another try: at once, or after the cause has been seen to. */
  | { readonly outcome: "retry"; readonly cause: "script" | "moved" | "wait" | "role"; readonly askServer?: string }
  /** Surely not executed, and another try would fail the same way. */
  | { readonly outcome: "refused"; readonly message: string }
  /** Written, and the connection ended before the answer. */
  | { readonly outcome: "uncertain" }
  /** It may have been executed before, and nobody can know that any more. */
  | { readonly outcome: "unknown" };

const causes: Readonly<Record<string, "script" | "moved" | "wait" | "role">> = {
  NOSCRIPT: "script",
  MOVED: "moved",
  ASK: "moved",
  TRYAGAIN: "wait",
  CLUSTERDOWN: "wait",
  MASTERDOWN: "wait",
  NOREPLICAS: "wait",
  LOADING: "wait",
  BUSY: "wait",
  READONLY: "role",
};

/** Reads the answer, or the error, to a command that carried `count` publications: what became of each. */
export function readAttempts(error: Error | null, answer: unknown, count: number): readonly Attempt[] {
  if (error !== null) return Array.from({ length: count }, () => failedAttempt(error));
  // A plain PUBLISH answers a number, the script a line for each.
  if (typeof answer === "number") return [{ outcome: "done", receivers: answer }];
  return String(answer).split("\n").map(readLine);
}

function readLine(line: string): Attempt {
  // Whether the position was written or not, the event was not published.
  if (line.startsWith("-")) return refusal(line.slice(1));
  if (line === "!") return { outcome: "unknown" };
  return { outcome: "done", receivers: line === "?" ? undefined : Number(line) };
}

function failedAttempt(error: Error): Attempt {
  if (error.name !== "ReplyError") return { outcome: "uncertain" };
  const attempt = refusal(error.message);
  // An error from inside a script that was running says nothing about what it had done by then.
  return attempt.outcome === "refused" && error.message.startsWith("ERR ") ? { outcome: "uncertain" } : attempt;
}

function refusal(message: string): Attempt {
  const [code = "", , address] = message.split(" ", 3);
  const cause = causes[code];
  if (cause === undefined) return { outcome: "refused", message };
  return { outcome: "retry", cause, ...(code === "ASK" && address !== undefined && { askServer: address }) };
}
