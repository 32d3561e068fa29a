import type { Position, PositionRelation } from "@solent/core/layer";

const version = "1";

/** A position as it is stored and travels: `"<offset> <epoch> <id>"`. */
interface Place {
  readonly offset: number;
  readonly epoch: string;
  readonly id: string;
}

/** The position that everybody else keeps: `"1:<offset> <epoch> <id>"`, its version in front. */
export function positionOf(place: string): Position {
  return `${version}:${place}`;
}

function read(position: Position): Place | undefined {
  const [offset, epoch, id] = position.slice(2).split(" ");
  if (!position.startsWith(`${version}:`) || epoch === undefined || id === undefined) return undefined;
  return { offset: Number(offset), epoch, id };
}

/** Compares a position with the one before it in its group: see `Broker.compare`. */
export function comparePositions(last: Position | undefined, next: Position): PositionRelation {
  const to = read(next);
  const from = last === undefined ? undefined : read(last);
  if (to === undefined || (last !== undefined && from === undefined)) return "break";
  if (from === undefined) return to.offset === 1 ? "next" : "gap";
  if (from.epoch !== to.epoch) return to.offset === 1 ? "fresh" : "break";
  if (to.offset === from.offset) return to.id === from.id ? "same" : "break";
  if (to.offset < from.offset) return "past";
  return to.offset === from.offset + 1 ? "next" : "gap";
}
