import { connect, type RemoteConsumer } from "@solent/client";
import type { direct, DirectSummary, Marks } from "../../../../contract/direct.ts";
import type { DirectLine } from "../../../../contract/words.ts";
import { CatchingUp } from "./catching-up.ts";
import { type ConversationLink, sayTimeoutMs } from "./conversation-link.ts";
import { type LinkState, linkStateOf } from "./link-state.ts";
import { wayThrough } from "./way-through.ts";

/** Who hears what the connection for direct messages brings. */
export interface DirectOwner {
  directLinkChanged(link: LinkState): void;
  directWelcomed(conversations: readonly DirectSummary[]): void;
  directMerged(lines: readonly DirectLine[]): void;
  /** Too much has changed: what is known of all conversations may have gaps. */
  directForgotten(): void;
  directTyping(from: string): void;
  directMarked(by: string, partner: string, marks: Marks): void;
}

/** The one connection for all direct conversations of somebody. */
export class DirectLink {
  readonly #remote: RemoteConsumer<typeof direct>;
  readonly #stop: (() => void)[];
  #isLive = false;

  constructor(owner: DirectOwner) {
    const remote = connect<typeof direct>("/direct", {
      WebSocket: wayThrough,
      reconnect: { maxFirstAttempts: Infinity },
    });
    this.#remote = remote;
    const changed = (link: LinkState): void => {
      this.#isLive = link.kind === "live";
      owner.directLinkChanged(link);
    };
    const catchingUp = new CatchingUp<DirectLine>({
      changes: (since) => remote.call("changes", { since }),
      merge: (lines) => owner.directMerged(lines),
      startAnew: () => owner.directForgotten(),
      isLive: () => this.#isLive,
    });
    this.#stop = [
      remote.onState((state, info) => changed(linkStateOf(state, info))),
      remote.on("welcome", ({ conversations, revision, node }) => {
        catchingUp.welcomed(revision);
        owner.directWelcomed(conversations);
        changed({ kind: "live", node });
      }),
      remote.on("told", (line) => catchingUp.heard(line)),
      remote.on("changed", (line) => catchingUp.heard(line)),
      remote.on("typing", ({ from }) => owner.directTyping(from)),
      remote.on("marked", ({ by, with: other, ...marks }) => owner.directMarked(by, other, marks)),
    ];
  }

  /** What can be asked of the conversation with one person. */
  with(name: string): ConversationLink {
    const remote = this.#remote;
    return {
      say: (message) => remote.call("tell", { to: name, ...message }, { timeoutMs: sayTimeoutMs }),
      edit: (change) => remote.call("edit", change),
      delete: (line) => remote.call("delete", line),
      history: (request) => remote.call("history", { ...request, with: name }),
      mark: (marks) => remote.send("mark", { with: name, ...marks }, { volatile: true }),
      typing: () => remote.send("typing", { to: name }, { volatile: true }),
    };
  }

  retry(): void {
    this.#remote.retry();
  }

  close(): void {
    for (const stop of this.#stop) stop();
    this.#remote.close();
  }
}
