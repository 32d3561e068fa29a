import { ClientError } from "@solent/client";
import type { Line, Page, PageRequest } from "../../../../contract/words.ts";
import type { ConversationLink } from "../links/conversation-link.ts";
import { ConversationModel } from "./conversation-model.ts";
import type { PendingMessage } from "./conversation.ts";

/** A call that a test answers by hand. */
export interface FakeCall {
  readonly type: string;
  readonly data: unknown;
  readonly answer: (reply: unknown) => void;
  /** The server refuses it. */
  readonly refuse: (code: string) => void;
  /** Nobody answers: in time, or because the connection was lost. */
  readonly lose: () => void;
}

/** The server's side of a conversation, moved by hand. What is sent without a call is in `sent`. */
class FakeLink implements ConversationLink {
  readonly calls: FakeCall[] = [];
  readonly sent: { readonly type: string; readonly data?: unknown }[] = [];

  say(message: { readonly clientId: string; readonly text: string }): Promise<Line> {
    return this.#call("say", message) as Promise<Line>;
  }

  edit(change: { readonly id: number; readonly text: string }): Promise<Line> {
    return this.#call("edit", change) as Promise<Line>;
  }

  delete(line: { readonly id: number }): Promise<Line> {
    return this.#call("delete", line) as Promise<Line>;
  }

  history(request: PageRequest): Promise<Page> {
    return this.#call("history", request) as Promise<Page>;
  }

  mark(data: object): void {
    this.sent.push({ type: "mark", data });
  }

  typing(): void {
    this.sent.push({ type: "typing" });
  }

  /** The call that was made last. */
  get last(): FakeCall {
    const call = this.calls.at(-1);
    if (call === undefined) throw new Error("Nothing was called.");
    return call;
  }

  #call(type: string, data: unknown): Promise<unknown> {
    return new Promise((answer, reject) => {
      this.calls.push({
        type,
        data,
        answer,
        refuse: (code) =>
          reject(new ClientError("CLIENT_CALL_FAILED", code, { failure: { code, path: [], data: undefined } })),
        lose: () => reject(new ClientError("CLIENT_CALL_UNANSWERED", "lost", { wasSent: true })),
      });
    });
  }
}

/** A line as the server stores it; the revision is the id unless said otherwise. */
export function line(id: number, change: Partial<Line> = {}): Line {
  return {
    id,
    revision: id,
    clientId: `client-${id}`,
    from: "Bea",
    text: `text ${id}`,
    at: id,
    state: "said",
    ...change,
  };
}

/** Lines with ids from one to another. */
export function lines(from: number, to: number): Line[] {
  return Array.from({ length: to - from + 1 }, (_, at) => line(from + at));
}

/** Ann's conversation in a room, live, with a link moved by hand, and what is kept of it. */
export function liveConversation(kind: "room" | "direct" = "room") {
  const link = new FakeLink();
  const kept: { pending: readonly PendingMessage[]; draft: string } = { pending: [], draft: "" };
  const model = new ConversationModel({ kind, name: kind === "room" ? "red" : "Bea" }, link, {
    me: "Ann",
    keepPending: (_, pending) => (kept.pending = pending),
    keepDraft: (_, draft) => (kept.draft = draft),
  });
  model.linkChanged({ kind: "live", node: "node-1" });
  const ids = (): number[] => model.store.get().window.lines.map(({ id }) => id);
  return { link, model, kept, ids };
}
