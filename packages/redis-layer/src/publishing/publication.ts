/** One message on its way into Redis. */
export interface Publication {
  /** Its channel, and the key of its position. */
  readonly name: string;
  readonly partition: number;
  readonly bytes: Buffer;
  readonly id: string;
  /** It gets no position. */
  readonly volatile: boolean;
  /** When it is given up, if it has not been written by then; on the clock of `performance.now`. */
  readonly dueAtMs: number;
  /** Whether it has come back on this node's own subscription: then it surely was published. */
  isSeen: boolean;
  readonly resolve: (answer: PublicationAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** What Redis answered. */
export interface PublicationAnswer {
  /** `"<offset> <epoch>"`; `undefined` for a volatile message, and for one that is only known to have arrived. */
  readonly place?: string;
  /** How many subscribers it reached; `undefined` when that got lost. */
  readonly receivers?: number;
}

/** What became of an attempt. */
export type Attempt =
  | { readonly outcome: "done"; readonly answer: PublicationAnswer }
  /** Surely not executed, and worth another try: at once, or after the cause has been seen to. */
  | { readonly outcome: "retry"; readonly cause: "script" | "moved" | "wait" | "role"; readonly askServer?: string }
  /** Surely not executed, and another try would fail the same way. */
  | { readonly outcome: "refused"; readonly message: string }
  /** Written, and the connection ended before the answer. */
  | { readonly outcome: "uncertain" };

const causes: Readonly<Record<string, "script" | "moved" | "wait" | "role">> = {
  NOSCRIPT: "script",
  MOVED: "moved",
  ASK: "moved",
  TRYAGAIN: "wait",
  CLUSTERDOWN: "wait",
  MASTERDOWN: "wait",
  LOADING: "wait",
  BUSY: "wait",
  READONLY: "role",
};

/** Reads the answer, or the error, to a publication. */
export function readAttempt(error: Error | null, answer: unknown): Attempt {
  if (error === null) return { outcome: "done", answer: readAnswer(answer) };
  if (error.name !== "ReplyError") return { outcome: "uncertain" };
  const [code = "", , address] = error.message.split(" ", 3);
  const cause = causes[code];
  if (cause === undefined) return { outcome: "refused", message: error.message };
  return { outcome: "retry", cause, ...(code === "ASK" && address !== undefined && { askServer: address }) };
}

// The script answers "<receivers> <offset> <epoch>", a plain PUBLISH a number.
function readAnswer(answer: unknown): PublicationAnswer {
  if (typeof answer === "number") return { receivers: answer };
  const text = String(answer);
  const end = text.indexOf(" ");
  return { receivers: Number(text.slice(0, end)), place: text.slice(end + 1) };
}
