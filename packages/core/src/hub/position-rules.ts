import type { Broker, HistoryPage, Position, PositionRelation } from "../layer/broker.ts";

/** Whether an event stands at a position or before it, going by its number: whether it is that event only its id tells. */
export function isBeforeCut(relation: PositionRelation): boolean {
  return relation === "same" || relation === "past";
}

/** Whether a page holds everything after `last`, up to the newest there is. */
export function isWhole(
  { messages, isComplete, top }: HistoryPage,
  last: Position | undefined,
  compare: Broker["compare"],
): boolean {
  let before = last;
  for (const { position } of messages) {
    if (position === undefined || compare(before, position) !== "next") return false;
    before = position;
  }
  return before === top && (isComplete || last === undefined);
}
