import { randomUUID } from "node:crypto";
import { limits } from "../contract/limits.ts";

/** Somebody who has signed in. */
export interface Person {
  /** Not to be guessed, and fit for the name of a group. */
  readonly id: string;
  readonly name: string;
  readonly isAdmin: boolean;
}

interface Entry {
  readonly person: Person;
  seenAt: number;
  isReleased: boolean;
}

/** How long a name stays with somebody who has gone, unless they signed out. */
const keepNameMs = 10 * 60_000;

/** What `People` must know from outside. */
export interface PeopleOptions {
  readonly adminName: string;
  /** Whether somebody is connected at this moment. */
  readonly isHere: (person: Person) => boolean;
  /** Hears of everybody who is known no more. */
  readonly onForgotten: (person: Person) => void;
  readonly now?: () => number;
}

/**
 * Who has which name. There are no passwords yet: the first who comes has the name, until ten minutes after leaving.
 *
 * In memory, at most `limits.people`; when they would be more, those who were away for longest are forgotten.
 */
export class People {
  readonly #byKey = new Map<string, Entry>();
  readonly #byId = new Map<string, Entry>();
  readonly #options: PeopleOptions;
  readonly #now: () => number;

  constructor(options: PeopleOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Gives a name to whoever asks for it, unless somebody else has it. `current` is who asks, where that is known. */
  claim(name: string, current?: Person): Person | "taken" | "full" {
    const held = this.#byKey.get(keyOf(name));
    if (held !== undefined) {
      if (held.person.id === current?.id) {
        held.isReleased = false;
        return held.person;
      }
      if (this.#isHeld(held)) return "taken";
      this.#forget(held);
    }
    if (this.#byId.size >= limits.people && !this.#forgetOne()) return "full";
    const isAdmin = keyOf(name) === keyOf(this.#options.adminName);
    const entry: Entry = {
      person: Object.freeze({ id: randomUUID(), name, isAdmin }),
      seenAt: this.#now(),
      isReleased: false,
    };
    this.#byKey.set(keyOf(name), entry);
    this.#byId.set(entry.person.id, entry);
    return entry.person;
  }

  /** Who has this id; notes that they were here now. */
  byId(id: string): Person | undefined {
    const entry = this.#byId.get(id);
    if (entry === undefined) return undefined;
    // The map's order is that of the last visits: whoever is forgotten first stands first.
    this.#byId.delete(id);
    this.#byId.set(id, entry);
    entry.seenAt = this.#now();
    return entry.person;
  }

  /** Who has this name, however it is written. */
  byName(name: string): Person | undefined {
    return this.#byKey.get(keyOf(name))?.person;
  }

  /** Gives a name back, at once or when the last connection of its person ends. */
  release(person: Person): void {
    const entry = this.#byId.get(person.id);
    if (entry === undefined) return;
    entry.isReleased = true;
    if (!this.#options.isHere(person)) this.#forget(entry);
  }

  /** Notes that the last connection of somebody has ended: from now on their name is kept for a while. */
  left(person: Person): void {
    const entry = this.#byId.get(person.id);
    if (entry === undefined) return;
    if (entry.isReleased) this.#forget(entry);
    else entry.seenAt = this.#now();
  }

  #isHeld({ person, seenAt }: Entry): boolean {
    return this.#options.isHere(person) || this.#now() - seenAt < keepNameMs;
  }

  #forgetOne(): boolean {
    for (const entry of this.#byId.values()) {
      if (this.#options.isHere(entry.person)) continue;
      this.#forget(entry);
      return true;
    }
    return false;
  }

  #forget({ person }: Entry): void {
    this.#byKey.delete(keyOf(person.name));
    this.#byId.delete(person.id);
    this.#options.onForgotten(person);
  }
}

function keyOf(name: string): string {
  return name.toLowerCase();
}
