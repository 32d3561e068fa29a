import { type Place, placeRelation, type Position, type PositionRelation } from "@solent/core/layer";

/** What a position begins with: its version. */
export const positionStart = "1:";

/** The position `"1:<offset> <epoch> <id>"` of what the store keeps: the same without its version. */
export function positionOf(place: string): Position {
  return positionStart + place;
}

function read(position: Position): Place | undefined {
  const first = position.indexOf(" ");
  const second = position.indexOf(" ", first + 1);
  if (!position.startsWith(positionStart) || first < 0 || second < 0) return undefined;
  const number = Number(position.slice(positionStart.length, first));
  return { number, epoch: position.slice(first + 1, second), id: position.slice(second + 1) };
}

/** Compares a position with the one before it in its group: see `Broker.compare`. */
export function comparePositions(last: Position | undefined, next: Position): PositionRelation {
  const to = read(next);
  const from = last === undefined ? undefined : read(last);
  if (to === undefined || (last !== undefined && from === undefined)) return "break";
  return placeRelation(from, to);
}
