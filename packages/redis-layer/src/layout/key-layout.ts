import { partitionOf, partitionTags } from "./partitions.ts";

/** The first character of an inbox's name after its tag; no group can begin with it. */
const inboxMark = "@";

/** The same of a queue. */
const queueMark = "+";
const queueKeys = ["", ":leased", ":about", ":seen"] as const;

/**
 * How everything is called in Redis: `<prefix>{<tag>}<group>`, `<prefix>{<tag>}@<node>` for a node's inbox, and
 * `<prefix>{<tag>}+<queue>`, or that and more, for a queue.
 *
 * A name is both the channel and the key of the position: keys and channels are different name spaces. The tag is that of the
 * partition, on one server as on a Cluster, so no name changes when the one becomes the other.
 */
export class KeyLayout {
  readonly prefix: string;
  readonly #starts: readonly string[];

  /** @param prefix what every name begins with; without braces. */
  constructor(prefix: string) {
    this.prefix = prefix;
    this.#starts = partitionTags.map((tag) => `${prefix}{${tag}}`);
  }

  /** The name of a group whose partition is known already. */
  group(group: string, partition: number): string {
    return `${this.#starts[partition] ?? ""}${group}`;
  }

  /** The name of a node's inbox. */
  inbox(node: string): string {
    return `${this.#starts[partitionOf(node)] ?? ""}${inboxMark}${node}`;
  }

  /** What is told of a queue is told on this channel. */
  queue(queue: string, partition: number): string {
    return `${this.#starts[partition] ?? ""}${queueMark}${queue}`;
  }

  /** The keys of a queue in the order of `scripts/queue.lua`; the last is that of all queues of the partition. */
  queueKeys(queue: string, partition: number): readonly string[] {
    const name = this.queue(queue, partition);
    return [...queueKeys.map((ending) => name + ending), this.other(partition, "queues")];
  }

  /** The name of what belongs to a partition or a server and to no group. */
  other(partition: number, what: string): string {
    return `${this.#starts[partition] ?? ""}:${what}`;
  }

  /** The group of a channel's name; `undefined` for an inbox and for anything else. */
  groupOf(channel: string): string | undefined {
    const start = channel.indexOf("}", this.prefix.length) + 1;
    const first = channel[start];
    return start === 0 || first === undefined || first === inboxMark || first === queueMark || first === ":"
      ? undefined
      : channel.slice(start);
  }

  /** The queue of a channel's name; `undefined` for anything else. */
  queueOf(channel: string): string | undefined {
    const start = channel.indexOf("}", this.prefix.length) + 1;
    return start > 0 && channel[start] === queueMark ? channel.slice(start + 1) : undefined;
  }
}
