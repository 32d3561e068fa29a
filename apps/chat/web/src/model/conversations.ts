import { type ChatState, withEntry, withoutEntry } from "./chat-state.ts";
import type { ConversationModel, ConversationSurroundings } from "./conversation/conversation-model.ts";
import { Drafts } from "./kept/drafts.ts";
import type { KeyValues } from "./kept/key-values.ts";
import { Unsent } from "./kept/unsent.ts";
import { keyOf, type Place } from "./place.ts";
import type { Store } from "./store.ts";

/** Where what people have written is kept. */
export interface KeptValues {
  /** For all tabs, over days. */
  readonly local: KeyValues;
  /** For one tab, over reloads. */
  readonly tab: KeyValues;
}

/** All conversations of the page, rooms and people alike: shows them in the state and keeps what is written in them. */
export class Conversations {
  readonly surroundings: ConversationSurroundings;
  readonly #state: Store<ChatState>;
  readonly #models = new Map<string, ConversationModel>();
  readonly #drafts: Drafts;
  readonly #unsent: Unsent;

  constructor(state: Store<ChatState>, kept: KeptValues) {
    const { name } = state.get().me;
    this.#state = state;
    this.#drafts = new Drafts(kept.local, name, () => this.#showDrafts());
    this.#unsent = new Unsent(kept.tab, name);
    this.surroundings = {
      me: name,
      keepPending: (place, pending) => this.#unsent.set(place, pending),
      keepDraft: (place, draft) => this.#drafts.set(keyOf(place), draft),
    };
  }

  /** The conversation at a place, if the page has it. */
  get(place: Place): ConversationModel | undefined {
    return this.#models.get(keyOf(place));
  }

  /** Adds a conversation, with what was written in it before. */
  add(model: ConversationModel): void {
    const place = model.store.get();
    const key = keyOf(place);
    this.#models.set(key, model);
    const show = (): void =>
      this.#state.update((state) => ({
        ...state,
        conversations: withEntry(state.conversations, key, model.store.get()),
      }));
    show();
    model.store.subscribe(() => {
      if (this.#models.get(key) === model) show();
    });
    model.showDraft(this.#drafts.get(key));
    model.sending.restore(this.#unsent.get(place));
  }

  /** Takes a conversation off the page. */
  remove(place: Place): void {
    const key = keyOf(place);
    this.#models.delete(key);
    this.#state.update((state) => ({ ...state, conversations: withoutEntry(state.conversations, key) }));
  }

  /** Keeps what is written: the page may be left. */
  flush(): void {
    this.#drafts.flush();
  }

  /** Ends what is under way. */
  close(): void {
    this.#drafts.close();
    for (const model of this.#models.values()) model.close();
  }

  // Another tab has written something, or sent it.
  #showDrafts(): void {
    for (const [key, model] of this.#models) model.showDraft(this.#drafts.get(key));
  }
}
