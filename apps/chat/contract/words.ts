import { z } from "zod";
import { limits } from "./limits.ts";
import { roomPattern, roomSlug, tidyName } from "./spelling.ts";

/** A person's name: anything one can see, in one spelling. */
export const personName = z
  .string()
  .max(200)
  .transform(tidyName)
  // Control and format characters are out: they would let two different names look the same.
  .pipe(z.string().regex(new RegExp(`^[^\\p{C}\\p{Zl}\\p{Zp}]{1,${limits.personName}}$`, "u")));

/** A room's name: letters and digits of any script, in lower case, with single hyphens between. */
export const roomName = z
  .string()
  .max(200)
  .transform(roomSlug)
  .pipe(z.string().max(limits.roomName).regex(roomPattern));

/** What somebody writes. */
export const text = z.string().trim().min(1).max(limits.text);

/** Something that somebody said, as everybody sees it. */
export const line = z.object({ id: z.string(), from: z.string(), text: z.string(), at: z.number() });

/** Something that was said to one person. */
export const directLine = line.extend({ to: z.string() });

/** Somebody, where nothing but the name matters. */
export const somebody = z.object({ name: z.string() });

/** A room in the list of rooms. */
export const roomInfo = z.object({ name: z.string(), people: z.number() });

export type Line = z.infer<typeof line>;
export type DirectLine = z.infer<typeof directLine>;
export type RoomInfo = z.infer<typeof roomInfo>;
