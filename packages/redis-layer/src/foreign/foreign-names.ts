import { SolentError } from "@solent/core/errors";
import { type NodeNames, requireChannelName } from "@solent/core/layer";
import { newNodeHex, SpecificNames } from "../wire/channels-redis-names.ts";

const usual = "specific.";
const maxPrefixes = 16;

// The first that stands behind a dot decides, so that what somebody puts behind a name does not make it another node's.
const behindDot = /\.([0-9a-f]{16})[0-9a-f]{16}/;
const atEnd = /([0-9a-f]{16})[0-9a-f]{16}$/;

/**
 * The names of a node's channels in the form of channels_redis: 32 hexadecimal digits at the end, the first 16 the node's.
 *
 * A prefix of one's own costs one more pattern on every server, so there are few of them.
 */
export class ForeignNames implements NodeNames {
  readonly node: string = newNodeHex();
  /** Told of a further pattern that has to be subscribed to. */
  onPattern: (pattern: string) => void = () => undefined;
  readonly #prefix: string;
  readonly #usual: SpecificNames;
  readonly #others = new Map<string, SpecificNames>();

  /** @param prefix what the layer's names begin with. */
  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#usual = new SpecificNames(prefix + usual, this.node);
  }

  /** What to PSUBSCRIBE to on every server: which one a name is on depends on all of it. */
  get patterns(): readonly string[] {
    return [this.#usual, ...this.#others.values()].map(({ pattern }) => pattern);
  }

  /** @throws {SolentError} NAME_INVALID; LAYER_BUSY when too many prefixes are in use. */
  next(prefix: string = usual): string {
    return (prefix === usual ? this.#usual : this.#namesWith(prefix)).next();
  }

  nodeOf(channel: string): string | undefined {
    const found = behindDot.exec(channel) ?? (channel.startsWith(this.#prefix) ? atEnd.exec(channel) : undefined);
    // With a `!`, the original's other layer writes names, and so do we where we speak among ourselves.
    return found?.[1] ?? (channel.includes("!") ? "" : undefined);
  }

  #namesWith(prefix: string): SpecificNames {
    const known = this.#others.get(prefix);
    if (known !== undefined) return known;
    if (!prefix.endsWith(".")) {
      const rule = 'a prefix ends in a dot, as in "specific."';
      throw new SolentError("NAME_INVALID", { kind: "channel", name: prefix, rule });
    }
    requireChannelName(prefix + "0".repeat(32));
    if (this.#others.size >= maxPrefixes) {
      throw new SolentError("LAYER_BUSY", { what: "prefixes of channel names", limit: maxPrefixes });
    }
    const names = new SpecificNames(prefix, this.node);
    this.#others.set(prefix, names);
    this.onPattern(names.pattern);
    return names;
  }
}
