import { headOf, type FrameHead } from "./resp-frames.ts";

/** A command that the server has been sent and has not fully answered. */
export interface Awaited {
  /** In lower case. */
  readonly name: string;
  /** How many confirmations are still to come; undefined until the first, when the command names no channel. */
  left: number | undefined;
  /** The channels that an (s|p)unsubscribe names. */
  readonly channels: ReadonlySet<string> | undefined;
  /** Hears every frame of the answer; then the client does not. */
  readonly swallow: ((frame: Buffer, isLast: boolean) => void) | undefined;
}

/** What a frame of the server is. */
export type Heard =
  | { readonly kind: "message"; readonly channel: string }
  | { readonly kind: "answer"; readonly to: Awaited; readonly isLast: boolean }
  /** A push that nobody asked for. */
  | { readonly kind: "other" };

/** Commands that are confirmed once a channel -> the kind of subscription. */
const confirmations: Readonly<Record<string, "plain" | "pattern" | "shard">> = {
  subscribe: "plain",
  unsubscribe: "plain",
  psubscribe: "pattern",
  punsubscribe: "pattern",
  ssubscribe: "shard",
  sunsubscribe: "shard",
};
const ends = (name: string): boolean => name.endsWith("unsubscribe");
const messages = new Set(["message", "pmessage", "smessage"]);

/**
 * Knows for one connection which frame of the server answers which command.
 *
 * Redis answers in order, one frame a command; only subscriptions are confirmed once a channel, and messages come between.
 */
export class ReplyBook {
  readonly #awaited: Awaited[] = [];
  /** Channels that are confirmed. */
  readonly #channels = { plain: new Set<string>(), pattern: new Set<string>(), shard: new Set<string>() };
  #isResp3 = false;
  #hasSubscribed = false;

  /** How many commands are not fully answered. */
  get size(): number {
    return this.#awaited.length;
  }

  /** Whether the client has ever asked for a subscription. */
  get isSubscriber(): boolean {
    return this.#hasSubscribed;
  }

  /** Writes down a command on its way to the server. */
  sent(frame: Buffer, swallow?: Awaited["swallow"]): void {
    const { count, items } = headOf(frame, 2);
    const name = items[0]?.toLowerCase() ?? "";
    if (name === "hello" && items[1] !== undefined) this.#isResp3 = items[1] === "3";
    const isConfirmed = name in confirmations;
    const isEnd = isConfirmed && ends(name);
    if (isConfirmed && !isEnd && swallow === undefined) this.#hasSubscribed = true;
    this.#awaited.push({
      name,
      left: isConfirmed ? count - 1 || undefined : 1,
      channels: isEnd && count > 1 ? new Set(headOf(frame).items.slice(1)) : undefined,
      swallow,
    });
  }

  /** Says what a frame from the server is, and crosses out what it answers. */
  heard(frame: Buffer): Heard {
    const head = headOf(frame, 3);
    const [word = "", channel = ""] = head.items;
    if (this.#isPubSub(head)) {
      // With a pattern, the channel stands behind it.
      if (messages.has(word))
        return { kind: "message", channel: word === "pmessage" ? (head.items[2] ?? "") : channel };
      if (word in confirmations) return this.#confirmed(word, channel);
    }
    if (head.type === ">") return { kind: "other" };
    const to = this.#awaited.shift();
    return to === undefined ? { kind: "other" } : { kind: "answer", to, isLast: true };
  }

  #isPubSub({ type, items: [word = ""] }: FrameHead): boolean {
    if (type === ">") return true;
    if (type !== "*" || this.#isResp3) return false;
    // RESP2 has no pushes: an array that looks like one is one where subscriptions are, or are being made or ended.
    const isSubscribed = Object.values(this.#channels).some(({ size }) => size > 0);
    return isSubscribed || this.#awaited[0]?.name === word;
  }

  #confirmed(word: string, channel: string): Heard {
    const [first] = this.#awaited;
    const channels = this.#channels[confirmations[word]!];
    const isAsked = first?.name === word && (first.channels?.has(channel) ?? true);
    // Without a channel it ends all there are; the server confirms even that there were none.
    if (isAsked) first.left = (first.left ?? Math.max(1, channels.size)) - 1;
    if (ends(word)) channels.delete(channel);
    else channels.add(channel);
    // A server that gives a slot away ends the slot's subscriptions by itself.
    if (!isAsked) return { kind: "other" };
    const isLast = first.left === 0;
    if (isLast) this.#awaited.shift();
    return { kind: "answer", to: first, isLast };
  }
}
