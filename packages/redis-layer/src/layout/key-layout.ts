import { partitionOf, partitionTags } from "./partitions.ts";

/** The first character of an inbox's name after its tag; no group can begin with it. */
const inboxMark = "@";

/**
 * How everything is called in Redis: `<prefix>{<tag>}<group>`, and `<prefix>{<tag>}@<node>` for a node's inbox.
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

  /** The name of what belongs to a partition or a server and to no group. */
  other(partition: number, what: string): string {
    return `${this.#starts[partition] ?? ""}:${what}`;
  }

  /** The group of a channel's name; `undefined` for an inbox and for anything else. */
  groupOf(channel: string): string | undefined {
    const start = channel.indexOf("}", this.prefix.length) + 1;
    const first = channel[start];
    return start === 0 || first === undefined || first === inboxMark || first === ":"
      ? undefined
      : channel.slice(start);
  }
}
