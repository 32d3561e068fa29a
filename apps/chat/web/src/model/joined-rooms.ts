import { limits } from "../../../contract/limits.ts";
import { roomPattern } from "../../../contract/spelling.ts";

/** The rooms somebody is in until they choose others. */
const firstRooms: readonly string[] = ["lobby"];
/** Each room is a connection of its own. */
const maxRooms = 12;

/** Which rooms somebody is in: kept in the browser, for each name. */
export class JoinedRooms {
  readonly #storageKey: string;
  #names: readonly string[];

  constructor(person: string) {
    this.#storageKey = `solent-chat.rooms.${person}`;
    this.#names = read(this.#storageKey);
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /** Adds one; answers false when there are too many. */
  add(name: string): boolean {
    if (this.#names.includes(name)) return true;
    if (this.#names.length >= maxRooms) return false;
    this.#keep([...this.#names, name]);
    return true;
  }

  remove(name: string): void {
    this.#keep(this.#names.filter((other) => other !== name));
  }

  #keep(names: readonly string[]): void {
    this.#names = names;
    try {
      localStorage.setItem(this.#storageKey, JSON.stringify(names));
    } catch {
      // Storage may be full or forbidden: then the rooms last as long as the page.
    }
  }
}

function read(key: string): readonly string[] {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(key) ?? "");
    if (Array.isArray(names)) return names.filter(isRoomName).slice(0, maxRooms);
  } catch {
    // Nothing is kept, or nothing that can be read.
  }
  return firstRooms;
}

function isRoomName(name: unknown): name is string {
  return typeof name === "string" && name.length <= limits.roomName && roomPattern.test(name);
}
