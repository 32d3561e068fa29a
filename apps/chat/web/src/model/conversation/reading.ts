import type { Marks } from "../../../../contract/direct.ts";
import { limits } from "../../../../contract/limits.ts";
import type { Line } from "../../../../contract/words.ts";
import type { ConversationLink } from "../links/conversation-link.ts";
import type { Store } from "../store.ts";
import type { Conversation } from "./conversation.ts";

/** How long marks are collected before the server is told of the furthest. */
const markAfterMs = 300;

/** Where in a conversation somebody looks: nowhere when it is not open, or the page not visible. */
export type LooksAt = "end" | "middle" | undefined;

/** What the server knows about how far one has come. */
export interface KnownMarks extends Marks {
  readonly unread: number;
  /** The newest line that is counted in it; 0 when there is none. */
  readonly newest: number;
}

/** Keeps how far one has read, and what is unread. */
export class Reading {
  readonly #store: Store<Conversation>;
  readonly #link: ConversationLink;
  readonly #me: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What the server was told, or has told. */
  #told: Marks = { deliveredTo: 0, readTo: 0 };
  #deliveredTo = 0;
  #looksAt: LooksAt;

  constructor(store: Store<Conversation>, link: ConversationLink, me: string) {
    this.#store = store;
    this.#link = link;
    this.#me = me;
  }

  /** The server has said how it stands; what was read here meanwhile counts too. */
  known({ deliveredTo, readTo, unread, newest }: KnownMarks): void {
    this.#told = { deliveredTo, readTo };
    this.#deliveredTo = Math.max(this.#deliveredTo, newest);
    this.#store.update((conversation) => ({
      ...conversation,
      readTo: Math.max(conversation.readTo, readTo),
      unread: conversation.readTo > readTo ? conversation.unread : unread,
      newest: Math.max(conversation.newest, newest),
      newAfter: conversation.newAfter ?? (unread > 0 ? readTo : undefined),
    }));
    this.recount();
    this.#markLater();
  }

  /** Where somebody looks now. At the end, new lines are read as they come. */
  look(at: LooksAt): void {
    this.#looksAt = at;
    if (at === "end") this.seen(this.#store.get().newest);
  }

  /** Where somebody looks now. */
  get looksAt(): LooksAt {
    return this.#looksAt;
  }

  /** Counts lines that arrived, before or after they are in the window. */
  arrived(lines: readonly Line[]): void {
    const { newest } = this.#store.get();
    const furthest = Math.max(newest, ...lines.map(({ id }) => id));
    const added = lines.filter((line) => line.id > newest && this.#counts(line)).length;
    for (const { id, from } of lines) if (from !== this.#me) this.#deliveredTo = Math.max(this.#deliveredTo, id);
    this.#store.update((conversation) => ({
      ...conversation,
      newest: furthest,
      lastAt: Math.max(conversation.lastAt, ...lines.map(({ at }) => at)),
      unread: Math.min(limits.unread, conversation.unread + added),
    }));
    if (this.#looksAt === "end") return this.seen(furthest);
    // What is new gets its divider where it begins.
    this.#store.update((conversation) =>
      added > 0 && conversation.unread === added ? { ...conversation, newAfter: conversation.readTo } : conversation,
    );
    this.recount();
    this.#markLater();
  }

  /** A line was on the screen of somebody who looked. */
  seen(id: number): void {
    this.#readTo(id);
    this.#markLater();
  }

  /** Another page of the same person has read up to here. */
  readElsewhere(id: number): void {
    this.#told = { ...this.#told, readTo: Math.max(this.#told.readTo, id) };
    this.#readTo(id);
  }

  /** Begins a visit: what is unread now is what is new. */
  begin(): void {
    this.#store.update((conversation) => ({
      ...conversation,
      newAfter: conversation.unread > 0 ? conversation.readTo : undefined,
    }));
  }

  /** Counts anew, where all that may be unread is known. */
  recount(): void {
    this.#store.update((conversation) => {
      const { lines, hasOlder, hasNewer } = conversation.window;
      const { isReady, readTo } = conversation;
      const isCovered = isReady && !hasNewer && (!hasOlder || (lines[0]?.id ?? Infinity) <= readTo);
      if (!isCovered) return conversation;
      const unread = Math.min(limits.unread, lines.filter((line) => this.#counts(line)).length);
      return unread === conversation.unread ? conversation : { ...conversation, unread };
    });
  }

  /** Ends what is under way. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #readTo(id: number): void {
    const before = this.#store.get();
    if (id <= before.readTo) return;
    const passed = before.window.lines.filter((line) => line.id <= id && this.#counts(line)).length;
    this.#store.update((conversation) => ({
      ...conversation,
      readTo: id,
      unread: id >= conversation.newest ? 0 : Math.max(0, conversation.unread - passed),
    }));
    this.recount();
  }

  #counts({ id, from, state }: Line): boolean {
    return id > this.#store.get().readTo && from !== this.#me && state !== "deleted";
  }

  #markLater(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#mark();
    }, markAfterMs);
  }

  #mark(): void {
    const { readTo, link } = this.#store.get();
    if (link.kind !== "live") return;
    const deliveredTo = Math.max(this.#deliveredTo, readTo);
    const marks: Partial<Marks> = {
      ...(readTo > this.#told.readTo ? { readTo } : {}),
      ...(deliveredTo > this.#told.deliveredTo ? { deliveredTo } : {}),
    };
    if (Object.keys(marks).length === 0) return;
    this.#told = { ...this.#told, ...marks };
    this.#link.mark(marks);
  }
}
