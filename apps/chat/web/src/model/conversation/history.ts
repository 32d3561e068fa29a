import type { Line, Page, PageRequest } from "../../../../contract/words.ts";
import type { ConversationLink } from "../links/conversation-link.ts";
import { problemOf } from "../links/problem.ts";
import type { Store } from "../store.ts";
import type { Conversation, LoadingPart } from "./conversation.ts";
import { paceMs, until } from "./pace.ts";
import { emptyWindow, withArrived, withoutExcess, withPage } from "./history-window.ts";

/** The most lines that are kept aside while a page is on its way. */
const maxAside = 500;

/** Pages through what was said, one page at a time. */
export class History {
  readonly #store: Store<Conversation>;
  readonly #link: ConversationLink;
  readonly #took: (lines: readonly Line[]) => void;
  /** The question whose answer counts: starting anew makes those before it worthless. */
  #question = 0;
  /** What arrived while a page was on its way, and may belong beyond it. */
  #aside: Line[] = [];
  #trimming: ReturnType<typeof setTimeout> | undefined;

  /** `took` hears of the lines of every page. */
  constructor(store: Store<Conversation>, link: ConversationLink, took: (lines: readonly Line[]) => void) {
    this.#store = store;
    this.#link = link;
    this.#took = took;
  }

  /** The lines before those that are there. */
  loadOlder(): void {
    const { window, loading, isReady } = this.#store.get();
    const [first] = window.lines;
    if (isReady && loading === undefined && window.hasOlder && first !== undefined)
      void this.#load("older", { before: first.id });
  }

  /** The lines after those that are there. */
  loadNewer(): void {
    const { window, loading } = this.#store.get();
    const last = window.lines.at(-1);
    if (loading === undefined && window.hasNewer && last !== undefined) void this.#load("newer", { after: last.id });
  }

  /** The newest lines, instead of what is there. */
  loadNewest(): void {
    void this.#load("newest", {});
  }

  /** The lines around one, instead of what is there. */
  loadAround(id: number): void {
    void this.#load("around", { around: id });
  }

  /** Shows a page that the server sent by itself. */
  show(page: Page): void {
    this.#question++;
    this.#take("newest", page);
  }

  /** Adds lines that arrived, or have changed. What is too much then is let go at the end `excess`. */
  arrived(lines: readonly Line[], excess: "older" | "newer"): void {
    if (this.#store.get().loading !== undefined) this.#aside = [...this.#aside, ...lines].slice(-maxAside);
    this.#store.update((conversation) => {
      const window = withArrived(conversation.window, lines);
      return window === conversation.window ? conversation : { ...conversation, window };
    });
    this.#trimLater(excess);
  }

  /** Forgets all lines: what is known may have gaps. */
  forget(): void {
    this.#question++;
    this.#aside = [];
    this.#store.update((conversation) => ({
      ...conversation,
      window: emptyWindow,
      isReady: false,
      loading: undefined,
    }));
  }

  /** Ends what is under way. */
  close(): void {
    this.#question++;
    clearTimeout(this.#trimming);
  }

  async #load(part: LoadingPart, request: PageRequest): Promise<void> {
    const question = ++this.#question;
    this.#store.update((conversation) => ({ ...conversation, loading: part, problem: "" }));
    try {
      const asked = Date.now();
      const page = await this.#link.history(request);
      // Whoever scrolls fast would ask for the next one at once.
      if (part === "older" || part === "newer") await until(asked + paceMs);
      if (question === this.#question) this.#take(part, page);
    } catch (error) {
      const problem = problemOf(error);
      if (question !== this.#question) return;
      this.#aside = [];
      // While the connection is away, it says so itself; what is missing is asked for when it is back.
      this.#store.update((conversation) => ({
        ...conversation,
        loading: undefined,
        problem: conversation.link.kind === "live" ? problem : "",
      }));
    }
  }

  #take(part: LoadingPart, page: Page): void {
    const aside = this.#aside.splice(0);
    this.#store.together(() => {
      this.#store.update((conversation) => {
        const { window } = conversation;
        const wider = part === "older" || part === "newer" ? withPage(window, page, part) : page;
        return {
          ...conversation,
          window: withArrived(wider, aside),
          isReady: true,
          loading: undefined,
          problem: "",
        };
      });
      this.#took(page.lines);
    });
    this.#trimLater(part === "older" ? "newer" : "older");
  }

  // In a task of its own: the list keeps its place when lines come at one end or go at the other, not both at once.
  #trimLater(end: "older" | "newer"): void {
    clearTimeout(this.#trimming);
    this.#trimming = setTimeout(() => {
      this.#store.update((conversation) => {
        const window = withoutExcess(conversation.window, end);
        return window === conversation.window ? conversation : { ...conversation, window };
      });
    });
  }
}
