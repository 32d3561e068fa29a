import { withName, withoutName } from "../names.ts";
import type { ConversationLink } from "../links/conversation-link.ts";
import type { Store } from "../store.ts";
import type { Conversation } from "./conversation.ts";

/** How often the others are told that one is writing. */
const tellEveryMs = 3_000;
/** How long somebody counts as writing after the last they were heard of. */
const lastsMs = 5_000;
/** The most people who are kept as writing; more are not noticed. */
const maxWriting = 20;

/** Who is writing: tells it of oneself, and keeps it of the others. */
export class Typing {
  readonly #store: Store<Conversation>;
  readonly #link: ConversationLink;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #lastTold = -Infinity;

  constructor(store: Store<Conversation>, link: ConversationLink) {
    this.#store = store;
    this.#link = link;
  }

  /** One has written something. */
  wrote(): void {
    const now = Date.now();
    if (now - this.#lastTold < tellEveryMs || this.#store.get().link.kind !== "live") return;
    this.#lastTold = now;
    this.#link.typing();
  }

  /** Somebody is writing. */
  heard(name: string): void {
    if (!this.#timers.has(name) && this.#timers.size >= maxWriting) return;
    clearTimeout(this.#timers.get(name));
    this.#timers.set(
      name,
      setTimeout(() => this.ended(name), lastsMs),
    );
    this.#show(withName(this.#store.get().typing, name));
  }

  /** Somebody has said it, or has stopped. */
  ended(name: string): void {
    clearTimeout(this.#timers.get(name));
    if (this.#timers.delete(name)) this.#show(withoutName(this.#store.get().typing, name));
  }

  /** Forgets everybody. */
  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#show([]);
  }

  #show(typing: readonly string[]): void {
    this.#store.update((conversation) =>
      typing === conversation.typing || (typing.length === 0 && conversation.typing.length === 0)
        ? conversation
        : { ...conversation, typing },
    );
  }
}
