import type { DirectSummary, Marks } from "../../../contract/direct.ts";
import type { DirectLine } from "../../../contract/words.ts";
import type { ChatState } from "./chat-state.ts";
import { ConversationModel } from "./conversation/conversation-model.ts";
import type { Conversations } from "./conversations.ts";
import { DirectLink, type DirectOwner } from "./links/direct-link.ts";
import type { LinkState } from "./links/link-state.ts";
import type { Place } from "./place.ts";
import type { Store } from "./store.ts";

/** The direct conversations of somebody, over one connection. */
export class Directs implements DirectOwner {
  readonly #state: Store<ChatState>;
  readonly #conversations: Conversations;
  readonly #link: DirectLink;
  readonly #models = new Set<ConversationModel>();
  #linkState: LinkState = { kind: "connecting" };

  constructor(state: Store<ChatState>, conversations: Conversations) {
    this.#state = state;
    this.#conversations = conversations;
    this.#link = new DirectLink(this);
  }

  /** The conversation with somebody, which may have no line yet. */
  with(name: string): ConversationModel {
    const place: Place = { kind: "direct", name };
    const known = this.#conversations.get(place);
    if (known !== undefined) return known;
    const model = new ConversationModel(place, this.#link.with(name), this.#conversations.surroundings);
    this.#models.add(model);
    model.linkChanged(this.#linkState);
    this.#conversations.add(model);
    return model;
  }

  /** Loads the conversation with somebody, unless it is there. */
  open(name: string): void {
    const model = this.with(name);
    const { isReady, loading, link } = model.store.get();
    if (!isReady && loading === undefined && link.kind === "live") model.history.loadNewest();
  }

  directLinkChanged(link: LinkState): void {
    this.#linkState = link;
    for (const model of this.#models) model.linkChanged(link);
    const { open } = this.#state.get();
    if (open?.kind === "direct") this.open(open.name);
  }

  directWelcomed(summaries: readonly DirectSummary[]): void {
    for (const { with: name, last, unread, mine, theirs } of summaries) {
      const model = this.with(name);
      // Before a conversation is loaded, its last line stands for it in the list. Afterwards it may stand behind a gap.
      if (last !== undefined && !model.store.get().isReady) model.merge([last]);
      model.reading.known({ ...mine, unread, newest: last?.id ?? 0 });
      model.marked(name, theirs);
    }
  }

  directMerged(lines: readonly DirectLine[]): void {
    const partners = new Set(lines.map((line) => this.#partnerOf(line)));
    for (const partner of partners) this.with(partner).merge(lines.filter((line) => this.#partnerOf(line) === partner));
  }

  directForgotten(): void {
    for (const model of this.#models) model.history.forget();
    const { open } = this.#state.get();
    if (open?.kind === "direct") this.open(open.name);
  }

  directTyping(from: string): void {
    this.with(from).heardTyping(from);
  }

  directMarked(by: string, partner: string, marks: Marks): void {
    const { me } = this.#state.get();
    this.with(by === me.name ? partner : by).marked(by, marks);
  }

  retry(): void {
    this.#link.retry();
  }

  close(): void {
    this.#link.close();
  }

  #partnerOf({ from, to }: DirectLine): string {
    return from === this.#state.get().me.name ? to : from;
  }
}
