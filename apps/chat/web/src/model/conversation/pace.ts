/**
 * The least time between two frames that a page sends by itself, in milliseconds.
 *
 * The server closes connections that send more than ten frames a second for long; what people do by hand is far from it.
 */
export const paceMs = 150;

/** Resolves when the time has come. */
export function until(at: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, at - Date.now()));
  });
}
