const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** The time of day, as the reader writes it. */
export function timeOf(at: number): string {
  return clock.format(at);
}

/** Day and time, for who wants to know exactly. */
export function exactTimeOf(at: number): string {
  return whole.format(at);
}

/** "Today", "Yesterday", or the day's name. */
export function dayOf(at: number, now: number = Date.now()): string {
  const today = new Date(now);
  if (new Date(at).toDateString() === today.toDateString()) return "Today";
  today.setDate(today.getDate() - 1);
  return new Date(at).toDateString() === today.toDateString() ? "Yesterday" : day.format(at);
}
