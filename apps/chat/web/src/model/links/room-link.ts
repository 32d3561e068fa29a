import { connect, type RemoteConsumer } from "@solent/client";
import type { room } from "../../../../contract/room.ts";
import type { RoomInfo } from "../../../../contract/words.ts";
import { ConversationModel, type ConversationSurroundings } from "../conversation/conversation-model.ts";
import { CatchingUp } from "./catching-up.ts";
import { sortNames, withName, withoutName } from "../names.ts";
import { type ConversationLink, sayTimeoutMs } from "./conversation-link.ts";
import { linkStateOf } from "./link-state.ts";
import { outcomeOf } from "./problem.ts";
import { wayThrough } from "./way-through.ts";

/** Who hears what the connection to a room brings, apart from what is said in it. */
export interface RoomOwner {
  roomDescribed(room: RoomInfo): void;
  roomPeople(name: string, change: (people: readonly string[]) => readonly string[]): void;
}

/** The connection to one room, and the conversation in it. */
export class RoomLink {
  readonly conversation: ConversationModel;
  readonly #remote: RemoteConsumer<typeof room>;
  readonly #stop: (() => void)[] = [];

  constructor(name: string, owner: RoomOwner, surroundings: ConversationSurroundings) {
    const remote = connect<typeof room>(`/rooms/${encodeURIComponent(name)}`, {
      WebSocket: wayThrough,
      // Whether one may be here was asked before: it is never the reason to give up.
      reconnect: { maxFirstAttempts: Infinity },
    });
    this.#remote = remote;
    this.conversation = new ConversationModel({ kind: "room", name }, linkTo(remote), surroundings);
    this.#hearLines();
    this.#hearPeople(name, owner);
  }

  /** Changes what the room is about. Answers what the problem is, or nothing. */
  describe(topic: string): Promise<string> {
    return outcomeOf(this.#remote.call("describe", { topic }));
  }

  /** Invites somebody. Answers what the problem is, or nothing. */
  invite(name: string): Promise<string> {
    return outcomeOf(this.#remote.call("invite", { name }));
  }

  retry(): void {
    this.#remote.retry();
  }

  /** Ends it; nothing is heard any more. */
  close(): void {
    for (const stop of this.#stop) stop();
    this.conversation.close();
    this.#remote.close();
  }

  #hearLines(): void {
    const { conversation } = this;
    const remote = this.#remote;
    const catchingUp = new CatchingUp({
      changes: (since) => remote.call("changes", { since }),
      merge: (lines) => conversation.merge(lines),
      startAnew: () => {
        conversation.history.forget();
        conversation.history.loadNewest();
      },
      isLive: () => conversation.store.get().link.kind === "live",
    });
    this.#stop.push(
      remote.onState((state, info) => conversation.linkChanged(linkStateOf(state, info))),
      remote.on("welcome", ({ page, revision, readTo, unread, node }) => {
        const isFirst = catchingUp.welcomed(revision);
        conversation.reading.known({ readTo, deliveredTo: 0, unread, newest: page.lines.at(-1)?.id ?? 0 });
        if (isFirst || !conversation.store.get().isReady) conversation.history.show(page);
        conversation.linkChanged({ kind: "live", node });
      }),
      remote.on("said", (line) => catchingUp.heard(line)),
      remote.on("changed", (line) => catchingUp.heard(line)),
      remote.on("typing", ({ name }) => conversation.heardTyping(name)),
      remote.on("read", ({ upTo }) => conversation.reading.readElsewhere(upTo)),
    );
  }

  #hearPeople(name: string, owner: RoomOwner): void {
    const remote = this.#remote;
    this.#stop.push(
      remote.on("welcome", ({ room: info, people }) => {
        owner.roomDescribed(info);
        owner.roomPeople(name, () => sortNames(people));
      }),
      remote.on("came", (somebody) => owner.roomPeople(name, (people) => withName(people, somebody.name))),
      remote.on("left", (somebody) => owner.roomPeople(name, (people) => withoutName(people, somebody.name))),
      remote.on("described", (info) => owner.roomDescribed(info)),
    );
  }
}

function linkTo(remote: RemoteConsumer<typeof room>): ConversationLink {
  return {
    say: (message) => remote.call("say", message, { timeoutMs: sayTimeoutMs }),
    edit: (change) => remote.call("edit", change),
    delete: (line) => remote.call("delete", line),
    history: (request) => remote.call("history", request),
    mark: ({ readTo }) => {
      if (readTo !== undefined) remote.send("read", { upTo: readTo }, { volatile: true });
    },
    typing: () => remote.send("typing", undefined, { volatile: true }),
  };
}
