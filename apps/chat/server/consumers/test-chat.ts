import { addToScope, type EnvironmentOptions, InMemoryChannelLayer, path, URLRouter } from "@solent/core";
import { type ContractCommunicator, testServer, type TestServer } from "@solent/core/testing";
import { direct } from "../../contract/direct.ts";
import { room } from "../../contract/room.ts";
import { site } from "../../contract/site.ts";
import type { Person } from "../accounts/person.ts";
import { Chat, withChat } from "../chat.ts";
import { addPerson } from "../conversations/test-people.ts";
import type { Database } from "../database/database.ts";
import { openTestDatabase } from "../database/test-database.ts";
import { chatLog } from "../log.ts";
import { DirectConsumer } from "./direct-consumer.ts";
import { personGroup } from "./group-names.ts";
import { RoomConsumer } from "./room-consumer.ts";
import { SiteConsumer } from "./site-consumer.ts";

/** A page's connection, as one of the three contracts types it. */
export type SiteClient = ContractCommunicator<typeof site>;
export type RoomClient = ContractCommunicator<typeof room>;
export type DirectClient = ContractCommunicator<typeof direct>;

/** For tests: the chat's three consumers on a database in memory, with people who need no password. */
export class TestChat implements AsyncDisposable {
  readonly server: TestServer;
  readonly chat: Chat;
  readonly database: Database;
  readonly #people = new Map<string, Person>();

  private constructor(database: Database, options: EnvironmentOptions) {
    this.database = database;
    const layer = options.layer ?? new InMemoryChannelLayer();
    this.chat = new Chat(database, { layer, node: "node-1", log: chatLog("silent") });
    const signedIn = addToScope((scope) => ({ user: this.person(String(scope.headers["name"])) }));
    const sockets = new URLRouter([
      path("/site", SiteConsumer),
      path("/direct", DirectConsumer),
      path("/rooms/:room", RoomConsumer),
    ]);
    this.server = testServer(signedIn(withChat(this.chat)(sockets)), { ...options, layer });
  }

  /** Opens a chat with these people in it. Who is called Admin is the admin. */
  static open(...names: string[]): Promise<TestChat> {
    return TestChat.openWith({}, ...names);
  }

  /** Opens one on a server with options. */
  static async openWith(options: EnvironmentOptions, ...names: string[]): Promise<TestChat> {
    const test = new TestChat(await openTestDatabase(), options);
    for (const name of names) await test.add(name);
    return test;
  }

  /** Adds an account. */
  async add(name: string): Promise<Person> {
    const person = await addPerson(this.database, name);
    this.#people.set(name, person);
    return person;
  }

  /** Somebody who has an account. */
  person(name: string): Person {
    const person = this.#people.get(name);
    if (person === undefined) throw new Error(`nobody is called ${name}`);
    return person;
  }

  /** Makes somebody a member of a room that is there. */
  async join(name: string, roomName = "lobby"): Promise<void> {
    await this.chat.memberships.join(this.person(name), roomName);
  }

  /** A page of somebody, before it has read anything. */
  site(name: string): Promise<SiteClient> {
    return this.server.connect(site, "/site", { headers: { name } });
  }

  /** The direct messages of somebody, before the page has read anything. */
  direct(name: string): Promise<DirectClient> {
    return this.server.connect(direct, "/direct", { headers: { name } });
  }

  /** A room that somebody opens, before the page has read anything. */
  room(name: string, roomName = "lobby"): Promise<RoomClient> {
    return this.server.connect(room, `/rooms/${encodeURIComponent(roomName)}`, { headers: { name } });
  }

  /** Signs somebody out, as the HTTP side does: first the row, then the word. */
  async signOut(name: string): Promise<void> {
    await this.endSession(name, this.person(name).session);
  }

  /** Ends a session of somebody, which need not be the one that they are here with. */
  async endSession(name: string, session: string): Promise<void> {
    await this.database.deleteFrom("sessions").where("id", "=", session).execute();
    await this.server.layer.group(site, personGroup(this.person(name).id)).send("session.ended", { session });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await this.database.destroy();
  }
}

/** What a page has got and not read, once nothing is on its way any more. */
export async function unread<Message>(
  test: TestChat,
  client: { readonly pending: number; next(): Promise<Message> },
): Promise<Message[]> {
  await test.server.idle();
  const messages: Message[] = [];
  while (client.pending > 0) messages.push(await client.next());
  return messages;
}
