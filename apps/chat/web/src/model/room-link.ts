import { connect, type Complaint, type RemoteConsumer } from "@solent/client";
import type { room } from "../../../contract/room.ts";
import type { Line } from "../../../contract/words.ts";
import type { Place } from "./conversation.ts";
import { type LinkState, linkStateOf } from "./link-state.ts";

/** Who hears what the connections to rooms bring. */
export interface RoomOwner {
  roomLinkChanged(name: string, link: LinkState): void;
  roomWelcomed(name: string, welcome: { readonly people: readonly string[]; readonly lines: readonly Line[] }): void;
  said(name: string, line: Line): void;
  cameIntoRoom(room: string, name: string): void;
  leftRoom(room: string, name: string): void;
  complained(place: Place, complaint: Complaint): void;
}

/** The connection to one room. */
export class RoomLink {
  readonly #remote: RemoteConsumer<typeof room>;
  readonly #stop: (() => void)[];

  constructor(name: string, owner: RoomOwner) {
    const remote = connect<typeof room>(`/rooms/${encodeURIComponent(name)}`, {
      reconnect: { maxFirstAttempts: Infinity },
    });
    this.#remote = remote;
    this.#stop = [
      remote.onState((state, info) => owner.roomLinkChanged(name, linkStateOf(state, info))),
      remote.onComplaint((complaint) => owner.complained({ kind: "room", name }, complaint)),
      remote.on("welcome", (welcome) => owner.roomWelcomed(name, welcome)),
      remote.on("said", (line) => owner.said(name, line)),
      remote.on("came", (somebody) => owner.cameIntoRoom(name, somebody.name)),
      remote.on("left", (somebody) => owner.leftRoom(name, somebody.name)),
    ];
  }

  say(text: string): void {
    this.#remote.send("say", { text });
  }

  retry(): void {
    this.#remote.retry();
  }

  /** Ends it; its owner hears of nothing any more. */
  close(): void {
    for (const stop of this.#stop) stop();
    this.#remote.close();
  }
}
