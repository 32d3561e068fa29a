import type { Line } from "../../../contract/words.ts";

/** What one person said without a longer pause. */
export interface MessageGroup {
  readonly from: string;
  readonly at: number;
  /** Whether it is the first of its day. */
  readonly beginsDay: boolean;
  readonly lines: readonly Line[];
}

/** A pause that begins a new group. */
const pauseMs = 5 * 60_000;

/** Puts together what belongs together: one person, one day, no pause of five minutes. */
export function groupLines(lines: readonly Line[]): readonly MessageGroup[] {
  const groups: { from: string; at: number; beginsDay: boolean; lines: Line[] }[] = [];
  let last: Line | undefined;
  for (const line of lines) {
    const beginsDay = last === undefined || new Date(last.at).toDateString() !== new Date(line.at).toDateString();
    const group = groups.at(-1);
    if (group !== undefined && !beginsDay && group.from === line.from && line.at - (last?.at ?? 0) < pauseMs)
      group.lines.push(line);
    else groups.push({ from: line.from, at: line.at, beginsDay, lines: [line] });
    last = line;
  }
  return groups;
}
