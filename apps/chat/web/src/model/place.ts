import { tidyName } from "../../../contract/spelling.ts";

/** Where people talk: a room, or one person alone. */
export interface Place {
  readonly kind: "room" | "direct";
  readonly name: string;
}

/** One text for a place. A person whose name is written in other case is the same person, as on the server. */
export function keyOf({ kind, name }: Place): string {
  return `${kind}:${tidyName(name).toLowerCase()}`;
}

/** A place as one reads it: `#lobby`, or a person's name. */
export function titleOf({ kind, name }: Place): string {
  return kind === "room" ? `#${name}` : name;
}
