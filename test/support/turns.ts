const patienceMs = 8_000;

/** Lets the event loop turn until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`after ${patienceMs} ms it is still not so: ${String(isSo)}`);
    await turn();
  }
}

/** Resolves in the next turn of the event loop, after its input and output. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Holds the event loop, as a synchronous computation does. */
export function block(ms: number): void {
  const endAtMs = performance.now() + ms;
  while (performance.now() < endAtMs);
}

/** A promise and the function that fulfils it. */
export function gate<Value = void>(): { readonly passed: Promise<Value>; readonly open: (value: Value) => void } {
  let open!: (value: Value) => void;
  const passed = new Promise<Value>((resolve) => (open = resolve));
  return { passed, open };
}
