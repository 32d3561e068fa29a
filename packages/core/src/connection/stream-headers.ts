/** The headers of an answer that goes on for as long as its connection. */
export function streamHeaders(contentType: string): Readonly<Record<string, string>> {
  return Object.freeze({
    "content-type": contentType,
    // Neither kept, nor compressed on the way: a compressor waits for more.
    "cache-control": "no-store, no-transform",
    // nginx collects answers otherwise.
    "x-accel-buffering": "no",
  });
}
