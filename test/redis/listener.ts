import type { ChannelLayer, GroupGap, LayerMessage, Member, Seat } from "@solent/core/layer";
import { eventually } from "../support/redis/eventually.ts";

/** What a member was told: an event's number, with who sent it, or a hole. */
export type Heard = { readonly from: string; readonly n: number } | { readonly gap: GroupGap };

/** A member of a layer that takes everything, and writes it down in its order. */
export class Listener implements Member {
  readonly heard: Heard[] = [];
  readonly seat: Seat;

  constructor(layer: ChannelLayer) {
    this.seat = layer.attach(this);
  }

  deliver({ data, meta }: LayerMessage): boolean {
    const { from, n } = data as { from: string; n: number };
    this.heard.push(meta.type === "group.gap" ? { gap: data as unknown as GroupGap } : { from, n });
    return true;
  }

  /** The numbers that one sender's events had. */
  numbers(from: string): number[] {
    return this.heard.flatMap((each) => ("n" in each && each.from === from ? [each.n] : []));
  }

  /** The holes it was told of. */
  get gaps(): GroupGap[] {
    return this.heard.flatMap((each) => ("gap" in each ? [each.gap] : []));
  }

  /** Waits until it has heard an event. */
  async hears(from: string, n: number): Promise<void> {
    const isThere = (): boolean => this.heard.some((each) => "n" in each && each.from === from && each.n === n);
    await eventually(`number ${n} of ${from} is heard`, async () => isThere());
  }
}

/** Joins a group with a new member. */
export async function listen(layer: ChannelLayer, group: string): Promise<Listener> {
  const listener = new Listener(layer);
  await listener.seat.join(group);
  return listener;
}
