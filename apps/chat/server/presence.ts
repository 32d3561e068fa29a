/**
 * Who is where, in this process.
 *
 * People are counted by connection, so that several tabs of one person are one person. It holds what is open and no
 * more: its size is bounded by the connections of the server.
 */
export class Presence {
  readonly #places = new Map<string, Map<string, string>>();

  /** Notes that a connection of somebody has come; answers whether it is the first of theirs. */
  enter(place: string, connection: string, name: string): boolean {
    const connections = this.#places.get(place) ?? new Map<string, string>();
    this.#places.set(place, connections);
    const isFirst = !includes(connections, name);
    connections.set(connection, name);
    return isFirst;
  }

  /** Notes that a connection has gone; answers whether it was the last of its person. Harmless when it never came. */
  leave(place: string, connection: string): boolean {
    const connections = this.#places.get(place);
    const name = connections?.get(connection);
    if (connections === undefined || name === undefined) return false;
    connections.delete(connection);
    if (connections.size === 0) this.#places.delete(place);
    return !includes(connections, name);
  }

  /** The names of all who are there, each once. */
  names(place: string): string[] {
    return [...new Set(this.#places.get(place)?.values())];
  }

  /** Whether somebody is there. */
  has(place: string, name: string): boolean {
    return includes(this.#places.get(place), name);
  }
}

function includes(connections: ReadonlyMap<string, string> | undefined, name: string): boolean {
  for (const other of connections?.values() ?? []) if (other === name) return true;
  return false;
}
