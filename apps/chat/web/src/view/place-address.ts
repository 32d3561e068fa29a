import { limits } from "../../../contract/limits.ts";
import { roomPattern } from "../../../contract/spelling.ts";
import type { Place } from "../model/place.ts";

/** The address of a conversation within the page: it can be kept, shared, and gone back to. */
export function addressOf({ kind, name }: Place): string {
  return `#/${kind === "room" ? "rooms" : "direct"}/${encodeURIComponent(name)}`;
}

/** The conversation at an address; `undefined` for the list of all, and for what is no address. */
export function placeAt(hash: string): Place | undefined {
  const [, kind, rest = ""] = /^#\/(rooms|direct)\/(.+)$/.exec(hash) ?? [];
  const name = decoded(rest);
  if (kind === "rooms")
    return roomPattern.test(name) && name.length <= limits.roomName ? { kind: "room", name } : undefined;
  return kind === "direct" && name !== "" && name.length <= limits.personName * 2
    ? { kind: "direct", name }
    : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
