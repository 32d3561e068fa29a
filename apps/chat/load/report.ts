import { type LoadOptions, roomsPerPerson } from "./arguments.ts";
import type { LoadResult } from "./run-load.ts";

/** Whether everything arrived exactly once, and everything sent was taken. */
export function isExact({ missing, doubled, strays, failures }: LoadResult): boolean {
  return missing === 0 && doubled === 0 && strays === 0 && failures.size === 0;
}

/** The result as a table for people. */
export function report(options: LoadOptions, result: LoadResult): string {
  const { messages, deliveries, missing, doubled, strays, latenciesMs, durationMs, failures, connectionsLost } = result;
  const perPerson = roomsPerPerson(options.rooms);
  const rows: [string, string][] = [
    ["people", `${options.people}, each in ${perPerson === 1 ? "one room" : `${perPerson} rooms`}`],
    ["rooms", String(options.rooms)],
    ["messages", `${messages}, ${options.ratePerSecond} a second for ${options.seconds} s`],
    ["deliveries", String(deliveries)],
    ["delivered/s", durationMs === 0 ? "-" : String(Math.round((deliveries * 1_000) / durationMs))],
    ["p50", milliseconds(latenciesMs, 0.5)],
    ["p99", milliseconds(latenciesMs, 0.99)],
    ["missing", String(missing)],
    ["doubled", String(doubled)],
    ["strays", String(strays)],
    ["failed", String([...failures.values()].reduce((sum, count) => sum + count, 0))],
    ["lost", `${connectionsLost} connections`],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(12)} ${value}`);
  for (const [reason, count] of failures) lines.push(`failed ${count} times: ${reason}`);
  return lines.join("\n");
}

/** The value that this part of all is not above. */
export function percentile(ascending: Float64Array, part: number): number | undefined {
  return ascending[Math.max(0, Math.ceil(ascending.length * part) - 1)];
}

function milliseconds(latenciesMs: Float64Array, part: number): string {
  const value = percentile(latenciesMs, part);
  return value === undefined ? "-" : `${value.toFixed(1)} ms`;
}
