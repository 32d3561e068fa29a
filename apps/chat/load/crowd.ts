import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { RemoteConsumer } from "@solent/client";
import type { room } from "../contract/room.ts";
import type { site } from "../contract/site.ts";
import { type LoadOptions, roomsPerPerson } from "./arguments.ts";
import { atOnce } from "./at-once.ts";
import { open, type Person, signUp } from "./people.ts";

/** One person's page in one room. */
export interface Seat {
  readonly room: string;
  /** Which of the room's members it is, from 0. */
  readonly member: number;
  readonly consumer: RemoteConsumer<typeof room>;
}

/** The chat looks at four passwords at a time, and lets fifty wait. */
const signUpsAtOnce = 16;
const connectionsAtOnce = 32;
const welcomeWithinMs = 30_000;

interface Member {
  readonly person: Person;
  /** The rooms this person is in; the first is the one they make, if they make one. */
  readonly rooms: readonly string[];
  readonly site: RemoteConsumer<typeof site>;
}

/** People who are signed up, and connected to the site and to their rooms. */
export class Crowd implements AsyncDisposable {
  readonly seats: readonly Seat[];
  readonly #sites: readonly AsyncDisposable[];

  private constructor(seats: readonly Seat[], sites: readonly AsyncDisposable[]) {
    this.seats = seats;
    this.#sites = sites;
  }

  /**
   * Signs people up, makes the rooms, and opens what a page of each would open.
   *
   * @param say hears how long each part took.
   * @throws {Error} when somebody could not come in; what was opened is closed then.
   */
  static async gather(url: string, options: LoadOptions, say: (line: string) => void): Promise<Crowd> {
    const sites: RemoteConsumer<typeof site>[] = [];
    const seats: Seat[] = [];
    try {
      const plan = planOf(options);
      const people: Person[] = [];
      await timed(say, `${options.people} people signed up`, () =>
        atOnce(signUpsAtOnce, plan, async ({ name }, index) => {
          people[index] = await signUp(url, name);
        }),
      );
      const members: Member[] = plan.map(({ rooms }, index) => {
        const person = people[index] as Person;
        const opened = open<typeof site>(`${url}/site`, person);
        sites.push(opened);
        return { person, rooms, site: opened };
      });
      await timed(say, `${options.rooms} rooms made and joined`, () => joinRooms(members, options.rooms));
      await timed(say, "all pages open", () => takeSeats(url, members, seats));
      return new Crowd(seats, sites);
    } catch (error) {
      await new Crowd(seats, sites)[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.seats.map(({ consumer }) => consumer), ...this.#sites].map(close));
  }
}

const close = (opened: AsyncDisposable): PromiseLike<void> => opened[Symbol.asyncDispose]();

/** Who is in which rooms: every room has its share, and every pair of rooms has somebody in both. */
function planOf({ people, rooms }: LoadOptions): { name: string; rooms: string[] }[] {
  // Names are free when no other run on the same chat has taken them.
  const run = randomBytes(3).toString("hex");
  return Array.from({ length: people }, (_person, index) => {
    const first = index % rooms;
    const second = (first + 1 + (Math.floor(index / rooms) % Math.max(1, rooms - 1))) % rooms;
    const numbers = [first, second].slice(0, roomsPerPerson(rooms));
    return { name: `load-${run}-${index}`, rooms: numbers.map((number) => `load-${run}-room-${number}`) };
  });
}

async function joinRooms(members: readonly Member[], rooms: number): Promise<void> {
  await atOnce(connectionsAtOnce, members.slice(0, rooms), async (member) => {
    await member.site.call("createRoom", { name: member.rooms[0] as string, topic: "", isPrivate: false });
  });
  await atOnce(connectionsAtOnce, members, async (member, index) => {
    for (const name of member.rooms.slice(index < rooms ? 1 : 0)) await member.site.call("joinRoom", { name });
  });
}

async function takeSeats(url: string, members: readonly Member[], seats: Seat[]): Promise<void> {
  const seated = new Map<string, number>();
  await atOnce(connectionsAtOnce, members, async ({ person, rooms }) => {
    for (const name of rooms) {
      const member = seated.get(name) ?? 0;
      seated.set(name, member + 1);
      const consumer = open<typeof room>(`${url}/rooms/${name}`, person);
      seats.push({ room: name, member, consumer });
      await welcomed(consumer, `${person.name} in ${name}`);
    }
  });
}

async function welcomed(consumer: RemoteConsumer<typeof room>, who: string): Promise<void> {
  const welcome = new Promise<"welcome">((resolve) => {
    consumer.on("welcome", () => resolve("welcome"));
  });
  const tooLate = setTimeout(welcomeWithinMs, undefined, { ref: false });
  const first = await Promise.race([welcome, consumer.closed, tooLate]);
  if (first === "welcome") return;
  const why = first === undefined ? `not within ${welcomeWithinMs} ms` : `closed with ${first.code} ${first.reason}`;
  throw new Error(`${who} was not welcomed: ${why}.`);
}

async function timed(say: (line: string) => void, what: string, work: () => Promise<void>): Promise<void> {
  const startedAtMs = performance.now();
  await work();
  say(`${what} (${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s)`);
}
