/** What to do after a close code: come back, stay away, or come back after a longer pause. */
export type Reconnect = "yes" | "no" | "after";

// The server's table in a form that costs the page a few bytes; a test compares the two over all codes.
const afterLongPause: readonly number[] = [1013, 4429, 4500];
const never: readonly number[] = [1000, 1002, 1003, 1007, 1008, 1009];

/** Tells whether to come back after `code`. Unknown codes: yes, unless from 4400 to 4499. */
export function reconnectAfter(code: number): Reconnect {
  if (afterLongPause.includes(code)) return "after";
  return never.includes(code) || (code !== 4408 && code >= 4400 && code < 4500) ? "no" : "yes";
}
