import { connect, type RemoteConsumer } from "@solent/client";
import type { Announcement, site } from "../../../../contract/site.ts";
import type { Membership, RoomInfo } from "../../../../contract/words.ts";
import { type LinkState, linkStateOf } from "./link-state.ts";
import { outcomeOf, problemOf } from "./problem.ts";
import { wayThrough } from "./way-through.ts";

/** A room, and what one is to it. */
export interface OwnRoom {
  readonly room: RoomInfo;
  readonly membership: Membership;
}

/** What the server says first, and again when something was lost on the way. */
export interface SiteWelcome {
  readonly people: readonly string[];
  readonly rooms: readonly OwnRoom[];
  readonly announcements: readonly Announcement[];
}

/** Who hears what the site's connection brings. */
export interface SiteOwner {
  siteLinkChanged(link: LinkState): void;
  siteWelcomed(welcome: SiteWelcome): void;
  cameOnline(name: string): void;
  wentOffline(name: string): void;
  roomChanged(room: RoomInfo): void;
  membershipChanged(own: OwnRoom): void;
  announced(announcement: Announcement): void;
}

/** A room that is to be made. */
export interface NewRoom {
  readonly name: string;
  readonly topic: string;
  readonly isPrivate: boolean;
}

/** The connection for what concerns everybody. */
export class SiteLink {
  readonly #stop: (() => void)[];
  readonly #remote: RemoteConsumer<typeof site>;

  constructor(owner: SiteOwner) {
    const remote = connect<typeof site>("/site", { WebSocket: wayThrough, reconnect: { maxFirstAttempts: Infinity } });
    this.#remote = remote;
    this.#stop = hear(remote, owner);
  }

  /** Makes a room and joins it. Answers what the problem is, or nothing. */
  createRoom(room: NewRoom): Promise<string> {
    return outcomeOf(this.#remote.call("createRoom", room));
  }

  /** Joins a public room, or accepts an invitation. Answers what the problem is, or nothing. */
  joinRoom(name: string): Promise<string> {
    return outcomeOf(this.#remote.call("joinRoom", { name }));
  }

  /** Leaves a room, or declines an invitation. Answers what the problem is, or nothing. */
  leaveRoom(name: string): Promise<string> {
    return outcomeOf(this.#remote.call("leaveRoom", { name }));
  }

  /** Says something to everybody. Answers what the problem is, or nothing. */
  announce(text: string): Promise<string> {
    return outcomeOf(this.#remote.call("announce", { text }));
  }

  /** Finds people by how their names begin. Answers them, or what the problem is. */
  async find(name: string): Promise<readonly string[] | string> {
    try {
      return (await this.#remote.call("find", { name })).names;
    } catch (error) {
      return problemOf(error);
    }
  }

  retry(): void {
    this.#remote.retry();
  }

  close(): void {
    for (const stop of this.#stop) stop();
    this.#remote.close();
  }
}

function hear(remote: RemoteConsumer<typeof site>, owner: SiteOwner): (() => void)[] {
  return [
    remote.onState((state, info) => owner.siteLinkChanged(linkStateOf(state, info))),
    remote.on("welcome", ({ node, ...welcome }) => {
      owner.siteWelcomed(welcome);
      owner.siteLinkChanged({ kind: "live", node });
    }),
    remote.on("came", ({ name }) => owner.cameOnline(name)),
    remote.on("left", ({ name }) => owner.wentOffline(name)),
    remote.on("room", (room) => owner.roomChanged(room)),
    remote.on("membership", (own) => owner.membershipChanged(own)),
    remote.on("announced", (announcement) => owner.announced(announcement)),
  ];
}
