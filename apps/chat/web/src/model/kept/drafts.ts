import { limits } from "../../../../contract/limits.ts";
import { isRecord, type KeyValues, readJson } from "./key-values.ts";

/** The most conversations whose drafts are kept; the oldest goes first. */
const maxDrafts = 50;
/** How long a draft is kept. */
const keptMs = 30 * 24 * 60 * 60_000;
/** How long somebody pauses in writing until it is kept. */
const keepAfterMs = 300;

interface Draft {
  readonly text: string;
  readonly at: number;
}

/** What somebody has written and not sent, by conversation: for when they come back, and for their other tabs. */
export class Drafts {
  readonly #values: KeyValues;
  readonly #key: string;
  /** What was written here and is not kept yet. */
  readonly #unkept = new Map<string, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stop: () => void;

  /** `changed` hears of every conversation when another tab has kept something. */
  constructor(values: KeyValues, person: string, changed: () => void) {
    this.#values = values;
    this.#key = `solent-chat.drafts.${person}`;
    this.#stop = values.onChange((key) => {
      if (key === this.#key) changed();
    });
  }

  /** The draft of a conversation; empty when there is none. */
  get(conversation: string): string {
    return this.#unkept.get(conversation) ?? this.#read().get(conversation)?.text ?? "";
  }

  /** Keeps a draft; an empty one is removed, at once: it was sent. */
  set(conversation: string, text: string): void {
    this.#unkept.set(conversation, text);
    if (text === "") return this.flush();
    this.#timer ??= setTimeout(() => this.flush(), keepAfterMs);
  }

  /** Keeps what is not kept yet: the page may be left. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#unkept.size === 0) return;
    const drafts = this.#read();
    for (const [conversation, text] of this.#unkept) {
      drafts.delete(conversation);
      // As much of it as could be sent, twice over: the rest is no message.
      if (text !== "") drafts.set(conversation, { text: text.slice(0, limits.text * 2), at: Date.now() });
    }
    this.#unkept.clear();
    const kept = [...drafts].slice(-maxDrafts);
    this.#values.set(this.#key, kept.length === 0 ? undefined : JSON.stringify(Object.fromEntries(kept)));
  }

  /** Keeps everything and stops listening. */
  close(): void {
    this.flush();
    this.#stop();
  }

  // In the order in which they were written.
  #read(): Map<string, Draft> {
    const kept = readJson(this.#values, this.#key);
    const drafts = Object.entries(isRecord(kept) ? kept : {}).filter(
      (entry): entry is [string, Draft] => isDraft(entry[1]) && entry[1].at > Date.now() - keptMs,
    );
    return new Map(drafts.sort(([, one], [, other]) => one.at - other.at));
  }
}

function isDraft(value: unknown): value is Draft {
  return isRecord(value) && typeof value["text"] === "string" && typeof value["at"] === "number";
}
