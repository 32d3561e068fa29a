import type { PendingMessage } from "../conversation/conversation.ts";
import { keyOf, type Place } from "../place.ts";
import { isRecord, type KeyValues, readJson } from "./key-values.ts";

/** The most conversations whose unsent messages are kept. */
const maxConversations = 50;

/** What was unconfirmed when a tab was reloaded, by conversation. */
export class Unsent {
  readonly #values: KeyValues;
  readonly #key: string;

  constructor(values: KeyValues, person: string) {
    this.#values = values;
    this.#key = `solent-chat.unsent.${person}`;
  }

  /** The unsent messages of a conversation, in their order. */
  get(place: Place): readonly PendingMessage[] {
    const messages = this.#read()[keyOf(place)];
    return Array.isArray(messages) ? messages.filter(isPending) : [];
  }

  /** Keeps those of a conversation, instead of what was kept of it. */
  set(place: Place, pending: readonly PendingMessage[]): void {
    const { [keyOf(place)]: _, ...others } = this.#read();
    const all = pending.length === 0 ? others : { ...others, [keyOf(place)]: pending };
    const kept = Object.entries(all).slice(-maxConversations);
    this.#values.set(this.#key, kept.length === 0 ? undefined : JSON.stringify(Object.fromEntries(kept)));
  }

  #read(): Readonly<Record<string, unknown>> {
    const kept = readJson(this.#values, this.#key);
    return isRecord(kept) ? kept : {};
  }
}

function isPending(value: unknown): value is PendingMessage {
  return (
    isRecord(value) &&
    ["clientId", "text", "state"].every((field) => typeof value[field] === "string") &&
    typeof value["at"] === "number"
  );
}
