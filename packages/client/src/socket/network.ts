/** What the surroundings say about the network. */
export interface NetworkEvents {
  online(): void;
  offline(): void;
  visible(): void;
}

interface Surroundings {
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: EventTarget & { readonly visibilityState: string };
  readonly addEventListener?: EventTarget["addEventListener"];
}

// Everything here may be missing: Node has no page, workers have no document.
const around = globalThis as Surroundings;

/** Whether the browser knows that there is no network. It may be wrong in both directions. */
export function isOffline(): boolean {
  return around.navigator?.onLine === false;
}

/** Listens until the signal fires. Does nothing where there is no browser. */
export function watchNetwork(events: NetworkEvents, signal: AbortSignal): void {
  around.addEventListener?.("online", () => events.online(), { signal });
  around.addEventListener?.("offline", () => events.offline(), { signal });
  const page = around.document;
  page?.addEventListener("visibilitychange", () => page.visibilityState === "visible" && events.visible(), { signal });
}
