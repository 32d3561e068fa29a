import type { PositionRelation } from "./broker.ts";

/** What a position holds, for a broker that counts the events of a group: an epoch, a number from 1, and the event's id. */
export interface Place {
  readonly epoch: string;
  readonly number: number;
  readonly id: string;
}

/**
 * How a place relates to the one before it, `undefined` when there was none: the rule behind `Broker.compare`.
 *
 * Equal numbers do not make equal events: a stale copy of the store gives numbers again.
 */
export function placeRelation(last: Place | undefined, next: Place): PositionRelation {
  if (last === undefined) return next.number === 1 ? "next" : "gap";
  if (last.epoch !== next.epoch) return next.number === 1 ? "fresh" : "break";
  if (next.number === last.number) return next.id === last.id ? "same" : "break";
  if (next.number < last.number) return "past";
  return next.number === last.number + 1 ? "next" : "gap";
}
