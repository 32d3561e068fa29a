/** What is in a queue, with its number: who has read so far asks for what comes after it. */
export type Numbered<Item> = Item & { readonly number: number };

const MAX_ITEMS = 100;
const MAX_QUEUES = 1000;

/**
 * A queue per user, in the memory of this process.
 *
 * Nothing is taken out by reading, so an answer that is lost on the way costs nothing. The oldest go when there are too many.
 */
export class Mailboxes<Item extends object> {
  readonly #queues = new Map<string, Numbered<Item>[]>();
  // Larger than any number before a restart, as clients still ask for what comes after one of those.
  #number = Date.now();

  put(user: string, item: Item): void {
    const queue = this.#queues.get(user) ?? [];
    this.#number += 1;
    queue.push({ ...item, number: this.#number });
    if (queue.length > MAX_ITEMS) queue.shift();
    // Written again, it is the last of the map: the first is the one that has waited longest for something new.
    this.#queues.delete(user);
    this.#queues.set(user, queue);
    if (this.#queues.size > MAX_QUEUES) this.#queues.delete(this.#queues.keys().next().value as string);
  }

  since(user: string, number: number): Numbered<Item>[] {
    return (this.#queues.get(user) ?? []).filter((item) => item.number > number);
  }
}
