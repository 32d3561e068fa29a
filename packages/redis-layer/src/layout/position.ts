import { type Place, placeRelation, type Position, type PositionRelation } from "@solent/core/layer";

/** What a position begins with: its version. */
export const positionStart = "1:";

/** Stands before the life of the server. */
const lifeMark = "~";
const lifeLength = 5;

/** The position `"1:<offset> <epoch> <id>"` of what the store keeps: the same without its version. */
export function positionOf(place: string): Position {
  return positionStart + place;
}

/**
 * What a node puts behind a position when it tells it: `~` and the beginning of the life of the server that it was found on.
 *
 * A copy that takes over may lack what the server before had accepted last. So a position from another life says nothing of what
 * came after it, whatever stands there now.
 */
export function markOfLife(life: string): string {
  return lifeMark + life.slice(0, lifeLength);
}

/** What the store keeps of a position that was told with this mark; `undefined` for any other. */
export function placeIn(mark: string, position: Position): string | undefined {
  if (!position.endsWith(mark) || read(position) === undefined) return undefined;
  return position.slice(positionStart.length, -mark.length);
}

function read(position: Position): Place | undefined {
  const first = position.indexOf(" ");
  const second = position.indexOf(" ", first + 1);
  if (!position.startsWith(positionStart) || first < 0 || second < 0) return undefined;
  const number = Number(position.slice(positionStart.length, first));
  const end = position.indexOf(lifeMark, second);
  return {
    number,
    epoch: position.slice(first + 1, second),
    id: position.slice(second + 1, end < 0 ? undefined : end),
  };
}

/** Compares a position with the one before it in its group: see `Broker.compare`. */
export function comparePositions(last: Position | undefined, next: Position): PositionRelation {
  const to = read(next);
  const from = last === undefined ? undefined : read(last);
  if (to === undefined || (last !== undefined && from === undefined)) return "break";
  return placeRelation(from, to);
}
