import type { Generated, Selectable } from "kysely";

// Times are milliseconds since 1970. SQLite has no booleans: 0 and 1, on Postgres too.

/** An account. */
export interface UsersTable {
  readonly id: Generated<number>;
  /** As its owner wrote it. */
  readonly name: string;
  /** What makes it unique: the same name in another spelling is the same person. */
  readonly nameKey: string;
  /** The digest of the password, with its salt and cost. */
  readonly password: string;
  readonly isAdmin: 0 | 1;
  readonly createdAt: number;
}

/** A sign-in of somebody on one device. */
export interface SessionsTable {
  /** The digest of what the cookie holds, so that who reads the file cannot use it. */
  readonly id: string;
  readonly userId: number;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A room, or the direct conversation of two people. */
export interface ConversationsTable {
  readonly id: Generated<number>;
  readonly kind: "room" | "direct";
  /** A room's name; of a direct conversation the two ids, the lower first: `"3:17"`. */
  readonly name: string;
  readonly topic: Generated<string>;
  readonly isPrivate: Generated<0 | 1>;
  /** Who made a room; nobody made those that are always there, and direct conversations. */
  readonly createdBy: number | null;
  readonly createdAt: number;
}

/** Who takes part in a conversation, and how far they have come in it. */
export interface MembersTable {
  readonly conversationId: number;
  readonly userId: number;
  /** An invited one is no member yet. */
  readonly state: "member" | "invited";
  readonly deliveredTo: Generated<number>;
  readonly readTo: Generated<number>;
}

/** Everything that was said. */
export interface MessagesTable {
  readonly id: Generated<number>;
  /** Rises with every change of any message. */
  readonly revision: number;
  readonly conversationId: number;
  readonly authorId: number;
  /** The author's own name for it: unique for each author, so that what is sent twice is stored once. */
  readonly clientId: string;
  /** Empty once it is deleted. */
  readonly text: string;
  readonly state: "said" | "edited" | "deleted";
  readonly createdAt: number;
}

/** What the admin said to everybody. */
export interface AnnouncementsTable {
  readonly id: Generated<number>;
  readonly authorId: number;
  readonly text: string;
  readonly createdAt: number;
}

/** What the server has to remember for itself. */
export interface SettingsTable {
  readonly name: string;
  readonly value: string;
}

/** A process that serves the chat. */
export interface PresenceNodesTable {
  /** Another one for each life of a node: one that was taken for dead comes back under a new one. */
  readonly id: string;
  readonly name: string;
  /** By the clock of the database: from then on any other node may take away what the node left behind. */
  readonly aliveUntil: number;
}

/** A connection of somebody in a place, on one node. */
export interface PresenceConnectionsTable {
  readonly connection: string;
  readonly place: string;
  readonly person: string;
  readonly node: string;
}

/** Somebody who is in a place, with how many connections on all nodes; whoever has none has no row. */
export interface PresencePeopleTable {
  readonly place: string;
  readonly person: string;
  readonly connections: number;
}

/** The tables of the chat. */
export interface Tables {
  readonly users: UsersTable;
  readonly sessions: SessionsTable;
  readonly conversations: ConversationsTable;
  readonly members: MembersTable;
  readonly messages: MessagesTable;
  readonly announcements: AnnouncementsTable;
  readonly settings: SettingsTable;
  readonly presenceNodes: PresenceNodesTable;
  readonly presenceConnections: PresenceConnectionsTable;
  readonly presencePeople: PresencePeopleTable;
}

export type User = Selectable<UsersTable>;
