import type { Marks } from "../../../../contract/direct.ts";
import type { Line } from "../../../../contract/words.ts";
import type { ConversationLink } from "../links/conversation-link.ts";
import type { LinkState } from "../links/link-state.ts";
import { outcomeOf } from "../links/problem.ts";
import type { Place } from "../place.ts";
import { Store } from "../store.ts";
import { type Conversation, emptyConversation, type PendingMessage } from "./conversation.ts";
import { History } from "./history.ts";
import { Reading } from "./reading.ts";
import { Sending } from "./sending.ts";
import { Typing } from "./typing.ts";

/** How many of the lines that arrived a screen reader is still told of. */
const maxNews = 5;

/** What a conversation needs around it. */
export interface ConversationSurroundings {
  readonly me: string;
  readonly keepPending: (place: Place, pending: readonly PendingMessage[]) => void;
  readonly keepDraft: (place: Place, draft: string) => void;
}

/** One conversation, be it in a room or with one person: what was said, what is on its way, what is read. */
export class ConversationModel {
  readonly store: Store<Conversation>;
  readonly history: History;
  readonly sending: Sending;
  readonly reading: Reading;
  readonly typing: Typing;
  readonly #link: ConversationLink;
  readonly #surroundings: ConversationSurroundings;

  constructor(place: Place, link: ConversationLink, surroundings: ConversationSurroundings) {
    const { me, keepPending } = surroundings;
    this.#link = link;
    this.#surroundings = surroundings;
    this.store = new Store(emptyConversation(place));
    this.reading = new Reading(this.store, link, me);
    this.typing = new Typing(this.store, link);
    this.sending = new Sending(this.store, link, {
      me,
      stored: (line) => this.merge([line]),
      keep: (pending) => keepPending(place, pending),
    });
    this.history = new History(this.store, link, (lines) => {
      this.sending.confirm(lines);
      this.reading.recount();
    });
  }

  /** The connection's state is another one. */
  linkChanged(link: LinkState): void {
    this.store.update((conversation) => ({ ...conversation, link }));
    if (link.kind === "live") void this.sending.send();
    else this.typing.clear();
  }

  /** Takes lines that were said, edited or deleted, from wherever they come; the higher revision of one wins. */
  merge(lines: readonly Line[]): void {
    if (lines.length === 0) return;
    // Together, so that a message is never on the page twice or not at all.
    this.store.together(() => {
      this.#announce(lines);
      // Who reads further up keeps that; who does not keeps the newest.
      this.history.arrived(lines, this.reading.looksAt === "middle" ? "newer" : "older");
      this.reading.arrived(lines);
      this.sending.confirm(lines);
      for (const { from } of lines) this.typing.ended(from);
    });
  }

  /** The other one, or one's own other page, has come further. */
  marked(by: string, { deliveredTo, readTo }: Marks): void {
    if (by === this.#surroundings.me) return this.reading.readElsewhere(readTo);
    this.store.update((conversation) => {
      const { theirs } = conversation;
      return {
        ...conversation,
        theirs: {
          deliveredTo: Math.max(theirs?.deliveredTo ?? 0, deliveredTo, readTo),
          readTo: Math.max(theirs?.readTo ?? 0, readTo),
        },
      };
    });
  }

  /** Somebody is writing. */
  heardTyping(name: string): void {
    if (name !== this.#surroundings.me) this.typing.heard(name);
  }

  /** Sends what is written. Answers false when too much waits already. */
  say(text: string): boolean {
    if (!this.sending.say(text)) return false;
    this.store.update((conversation) => ({ ...conversation, draft: "", newAfter: undefined }));
    this.#surroundings.keepDraft(this.store.get(), "");
    // Whoever writes wants to see it: at the end.
    if (this.store.get().window.hasNewer) this.history.loadNewest();
    return true;
  }

  /** Keeps what is being written. */
  write(draft: string): void {
    this.showDraft(draft);
    this.#surroundings.keepDraft(this.store.get(), draft);
    if (draft.trim() !== "") this.typing.wrote();
  }

  /** Shows a draft that was written in another tab, or before. */
  showDraft(draft: string): void {
    this.store.update((conversation) => (conversation.draft === draft ? conversation : { ...conversation, draft }));
  }

  /** Changes an own line. Answers what the problem is, or nothing. */
  edit(id: number, text: string): Promise<string> {
    return this.#change(this.#link.edit({ id, text }));
  }

  /** Deletes an own line. Answers what the problem is, or nothing. */
  delete(id: number): Promise<string> {
    return this.#change(this.#link.delete({ id }));
  }

  /** Ends what is under way. */
  close(): void {
    this.history.close();
    this.reading.close();
    this.typing.clear();
  }

  #change(change: Promise<Line>): Promise<string> {
    return outcomeOf(change.then((line) => this.merge([line])));
  }

  #announce(lines: readonly Line[]): void {
    const { newest, isReady, news } = this.store.get();
    const heard = lines.filter(
      ({ id, from, state }) => id > newest && from !== this.#surroundings.me && state !== "deleted",
    );
    if (!isReady || heard.length === 0) return;
    this.store.update((conversation) => ({ ...conversation, news: [...news, ...heard].slice(-maxNews) }));
  }
}
