/**
 * Who is where, in this process.
 *
 * People are counted by connection, so that several tabs of one person are one person. It holds what is open and no
 * more: its size is bounded by the connections of the server.
 */
export class Presence {
  readonly #places = new Map<string, Map<string, Set<string>>>();

  /** Notes that a connection of somebody has come; answers whether it is the first of theirs. */
  enter(place: string, name: string, connection: string): boolean {
    const people = this.#places.get(place) ?? new Map<string, Set<string>>();
    this.#places.set(place, people);
    const connections = people.get(name);
    if (connections === undefined) people.set(name, new Set([connection]));
    else connections.add(connection);
    return connections === undefined;
  }

  /** Notes that a connection has gone; answers whether it was the last of its person. Harmless when it never came. */
  leave(place: string, name: string, connection: string): boolean {
    const people = this.#places.get(place);
    const connections = people?.get(name);
    if (people === undefined || connections?.delete(connection) !== true || connections.size > 0) return false;
    people.delete(name);
    if (people.size === 0) this.#places.delete(place);
    return true;
  }

  /** The names of all who are there. */
  names(place: string): string[] {
    return [...(this.#places.get(place)?.keys() ?? [])];
  }

  /** How many people are there. */
  count(place: string): number {
    return this.#places.get(place)?.size ?? 0;
  }
}
