import { SolentError } from "../errors/solent-error.ts";
import type { NodeNames } from "./foreign-wire.ts";

/** The longest channel or group name, in characters; the original's limit. */
export const maxNameLength = 99;

// Strict ASCII and a full match: the original's expressions let Unicode digits and a final newline through.
const groupPattern = /^[a-zA-Z0-9\-_.]+$/;
const channelPattern = /^[a-zA-Z0-9\-_.]+(?:![a-zA-Z0-9\-_.]+)?$/;

const alphabet = "ASCII letters, digits, hyphens, underscores and dots";

/** @throws {SolentError} NAME_INVALID when `name` is no group name, naming the rule and the limit. */
export function requireGroupName(name: string): void {
  if (typeof name === "string" && name.length <= maxNameLength && groupPattern.test(name)) return;
  throw refuse("group", name, `a group name is 1 to ${maxNameLength} ${alphabet}`);
}

/** @throws {SolentError} NAME_INVALID when `name` is no channel name, naming the rule and the limit. */
export function requireChannelName(name: string): void {
  if (typeof name === "string" && name.length <= maxNameLength && channelPattern.test(name)) return;
  throw refuse("channel", name, `a channel name is 1 to ${maxNameLength} ${alphabet}, with at most one "!" inside`);
}

function refuse(kind: string, name: unknown, rule: string): SolentError {
  // A name comes from outside as often as not: neither a megabyte nor an object belongs into a log line.
  const shown = typeof name === "string" ? name.slice(0, maxNameLength + 1) : `(a value of type ${typeof name})`;
  return new SolentError("NAME_INVALID", { kind, name: shown, rule });
}

/** What stands before the `!`, and with it: names the node. The whole name for a plain channel. */
export function nonLocalName(channel: string): string {
  return channel.slice(0, channel.indexOf("!") + 1) || channel;
}

/** The node in a generated name: `"k3v9"` of `"specific.k3v9!1a"`; `undefined` for a plain channel. */
export function nodeOf(channel: string): string | undefined {
  const end = channel.indexOf("!");
  return end === -1 ? undefined : channel.slice(channel.lastIndexOf(".", end) + 1, end);
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

/** How long a node's name is: short, since it travels with every event, and long enough that no two processes share one. */
export const nodeIdLength = 12;

/** A name for a node: letters and digits from the system's random source. */
export function newNodeId(): string {
  let id = "";
  for (const byte of crypto.getRandomValues(new Uint8Array(nodeIdLength))) id += letters[byte % letters.length];
  return id;
}

/** Makes the names of one node's members: the prefix, the node, and a number that is never used again. */
export class ChannelNames implements NodeNames {
  readonly node: string;
  #last = 0;

  constructor(node: string) {
    this.node = node;
  }

  /**
   * The next name: `"specific.<node>!<number>"`.
   *
   * @throws {SolentError} NAME_INVALID when the prefix cannot begin a name.
   */
  next(prefix = "specific."): string {
    this.#last += 1;
    const name = `${prefix}${this.node}!${this.#last.toString(36)}`;
    if (prefix === "specific.") return name;
    if (!prefix.endsWith(".")) throw refuse("channel", prefix, 'a prefix ends in a dot, as in "specific."');
    requireChannelName(name);
    return name;
  }

  nodeOf(channel: string): string | undefined {
    return nodeOf(channel);
  }
}
