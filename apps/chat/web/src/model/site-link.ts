import { connect, type Complaint, type RemoteConsumer } from "@solent/client";
import type { direct } from "../../../contract/direct.ts";
import type { DirectLine, Line, RoomInfo } from "../../../contract/words.ts";
import type { Place } from "./conversation.ts";
import { type LinkState, linkStateOf } from "./link-state.ts";

/** What the server says first. */
export interface SiteWelcome {
  readonly people: readonly string[];
  readonly rooms: readonly RoomInfo[];
  readonly lines: readonly DirectLine[];
}

/** Who hears what the site's connection brings. */
export interface SiteOwner {
  siteChanged(link: LinkState): void;
  siteWelcomed(welcome: SiteWelcome): void;
  told(line: DirectLine): void;
  announced(line: Line): void;
  cameOnline(name: string): void;
  wentOffline(name: string): void;
  roomChanged(room: RoomInfo): void;
  refused(refusal: { readonly why: "away" | "notAdmin"; readonly to: string; readonly text: string }): void;
  complained(place: Place | undefined, complaint: Complaint): void;
}

/** The connection for direct messages, and for what concerns everybody. */
export class SiteLink {
  readonly #remote: RemoteConsumer<typeof direct>;
  /** Whether the server has said welcome before the last time it did. */
  wasWelcomed = false;

  constructor(owner: SiteOwner) {
    // Whether the server lets one in was asked before: it is never the reason to give up.
    const remote = connect<typeof direct>("/direct", { reconnect: { maxFirstAttempts: Infinity } });
    this.#remote = remote;
    remote.onState((state, info) => owner.siteChanged(linkStateOf(state, info)));
    remote.onComplaint((complaint) => owner.complained(undefined, complaint));
    remote.on("welcome", (welcome) => {
      owner.siteWelcomed(welcome);
      this.wasWelcomed = true;
    });
    remote.on("told", (line) => owner.told(line));
    remote.on("announced", (line) => owner.announced(line));
    remote.on("came", ({ name }) => owner.cameOnline(name));
    remote.on("left", ({ name }) => owner.wentOffline(name));
    remote.on("room", (room) => owner.roomChanged(room));
    remote.on("refused", (refusal) => owner.refused(refusal));
  }

  tell(to: string, text: string): void {
    this.#remote.send("tell", { to, text });
  }

  announce(text: string): void {
    this.#remote.send("announce", { text });
  }

  retry(): void {
    this.#remote.retry();
  }

  close(): void {
    this.#remote.close();
  }
}
