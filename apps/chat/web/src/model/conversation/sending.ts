import { ClientError } from "@solent/client";
import type { Line } from "../../../../contract/words.ts";
import type { ConversationLink } from "../links/conversation-link.ts";
import { problemOf } from "../links/problem.ts";
import type { Store } from "../store.ts";
import { newClientId } from "./client-id.ts";
import type { Conversation, PendingMessage } from "./conversation.ts";
import { paceMs, until } from "./pace.ts";

/** The most own messages of one conversation that may be unconfirmed. */
export const maxPending = 50;

/** What sending needs around it. */
export interface SendingOwner {
  readonly me: string;
  /** Takes the line that a message has become. */
  readonly stored: (line: Line) => void;
  /** Keeps what is unconfirmed, over a reload of the page. */
  readonly keep: (pending: readonly PendingMessage[]) => void;
}

/**
 * Sends own messages, one after the other and each until the server has confirmed or refused it.
 *
 * A message keeps its client id through every retry, so it is stored once, however often it travels.
 */
export class Sending {
  readonly #store: Store<Conversation>;
  readonly #link: ConversationLink;
  readonly #owner: SendingOwner;
  #isBusy = false;

  constructor(store: Store<Conversation>, link: ConversationLink, owner: SendingOwner) {
    this.#store = store;
    this.#link = link;
    this.#owner = owner;
  }

  /** Sends a text as soon as it can. Answers false when too many wait already. */
  say(text: string): boolean {
    if (this.#pending.length >= maxPending) return false;
    this.#set([...this.#pending, { clientId: newClientId(), text, at: Date.now(), state: "waiting" }]);
    void this.send();
    return true;
  }

  /** Tries a failed message again. */
  retry(clientId: string): void {
    this.#change(clientId, ({ text, at }) => ({ clientId, text, at, state: "waiting" }));
    void this.send();
  }

  /** Gives a message up. */
  discard(clientId: string): void {
    this.#set(this.#pending.filter((message) => message.clientId !== clientId));
  }

  /** Takes up what was unconfirmed when the page was left. */
  restore(pending: readonly PendingMessage[]): void {
    if (pending.length === 0) return;
    const waiting = pending.map((message): PendingMessage =>
      message.state === "sending" ? { ...message, state: "waiting" } : message,
    );
    this.#set([...waiting, ...this.#pending].slice(0, maxPending));
    void this.send();
  }

  /** Own lines that arrived are no longer pending. */
  confirm(lines: readonly Line[]): void {
    const stored = new Set(lines.filter(({ from }) => from === this.#owner.me).map(({ clientId }) => clientId));
    if (this.#pending.some(({ clientId }) => stored.has(clientId))) {
      this.#set(this.#pending.filter(({ clientId }) => !stored.has(clientId)));
    }
  }

  /** Sends what waits, in order; to be called when the connection is live. */
  async send(): Promise<void> {
    // One at a time, so that they are stored in the order in which they were written.
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        const began = Date.now();
        await this.#sendOne(next);
        if (this.#next() !== undefined) await until(began + paceMs);
      }
    } finally {
      this.#isBusy = false;
    }
  }

  #next(): PendingMessage | undefined {
    return this.#isLive ? this.#pending.find(({ state }) => state === "waiting") : undefined;
  }

  async #sendOne({ clientId, text }: PendingMessage): Promise<void> {
    this.#change(clientId, (message) => ({ ...message, state: "sending" }));
    try {
      this.#owner.stored(await this.#link.say({ clientId, text }));
    } catch (error) {
      const problem = problemOf(error);
      const isLost = error instanceof ClientError && error.code === "CLIENT_CALL_UNANSWERED" && !this.#isLive;
      // Lost with its connection, it goes again with the next: under the same id it cannot be stored twice.
      this.#change(clientId, (message) =>
        isLost ? { ...message, state: "waiting" } : { ...message, state: "failed", problem },
      );
    }
  }

  get #isLive(): boolean {
    return this.#store.get().link.kind === "live";
  }

  get #pending(): readonly PendingMessage[] {
    return this.#store.get().pending;
  }

  #change(clientId: string, change: (message: PendingMessage) => PendingMessage): void {
    this.#set(this.#pending.map((message) => (message.clientId === clientId ? change(message) : message)));
  }

  #set(pending: readonly PendingMessage[]): void {
    this.#store.update((conversation) => ({ ...conversation, pending }));
    this.#owner.keep(pending);
  }
}
