import type { ConnectionState, StateInfo } from "@solent/client";

/** What is true about a connection, in the words of its user. */
export type LinkState =
  | { readonly kind: "connecting" }
  /** `node` is what the server calls itself: of several, each connection may have another one. */
  | { readonly kind: "live"; readonly node: string }
  | { readonly kind: "waiting"; readonly why: string; readonly retryAt: number }
  | { readonly kind: "ended"; readonly why: string };

const reasons: Readonly<Record<number, string>> = {
  1001: "The server is restarting.",
  1012: "The server is restarting.",
  1013: "The server is busy.",
  4400: "This page is out of date: load it anew.",
  4401: "You are signed out.",
  4403: "You may not be here.",
  4404: "This does not exist.",
  4429: "That was too much at once.",
  4500: "Something failed on the server.",
};

/** Puts the client's state into words. An open connection is not live yet: that it is when the server has said welcome. */
export function linkStateOf(state: ConnectionState, info: StateInfo, now: number = Date.now()): LinkState {
  if (state === "connecting" || state === "open") return { kind: "connecting" };
  const why = reasonOf(info);
  if (state === "closed") return { kind: "ended", why };
  return { kind: "waiting", why, retryAt: now + (info.retryInMs ?? 0) };
}

function reasonOf({ code = 1006, reason }: StateInfo): string {
  if (reason === "offline") return "You are offline.";
  return reasons[code] ?? "The server cannot be reached.";
}

const order: readonly LinkState["kind"][] = ["live", "connecting", "waiting", "ended"];

/** The worse of two: a page is only as live as the connections it needs. Of two that are alike, the first. */
export function worseOf(one: LinkState, other: LinkState): LinkState {
  return order.indexOf(one.kind) >= order.indexOf(other.kind) ? one : other;
}
