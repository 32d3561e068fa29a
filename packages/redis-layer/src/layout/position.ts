import { type Place, placeRelation, type Position, type PositionRelation } from "@solent/core/layer";

const version = "1";

/** The position that everybody else keeps: `"1:<offset> <epoch> <id>"`, its version in front. */
export function positionOf(place: string): Position {
  return `${version}:${place}`;
}

function read(position: Position): Place | undefined {
  const [offset, epoch, id] = position.slice(2).split(" ");
  if (!position.startsWith(`${version}:`) || epoch === undefined || id === undefined) return undefined;
  return { number: Number(offset), epoch, id };
}

/** Compares a position with the one before it in its group: see `Broker.compare`. */
export function comparePositions(last: Position | undefined, next: Position): PositionRelation {
  const to = read(next);
  const from = last === undefined ? undefined : read(last);
  if (to === undefined || (last !== undefined && from === undefined)) return "break";
  return placeRelation(from, to);
}
