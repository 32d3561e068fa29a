import { z } from "zod";
import { limits } from "./limits.ts";
import { roomPattern, roomSlug, tidyName } from "./spelling.ts";

const lookalikes = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u];

/** What the node that answers is called: nothing depends on it, it is for those who look after the site. */
export const nodeName = z.string();

/** A person's name: anything one can see, in one spelling, and not of alphabets that can be taken for each other. */
export const personName = z
  .string()
  .max(200)
  .transform(tidyName)
  // Control and format characters are out: they would let two different names look the same.
  .pipe(z.string().regex(new RegExp(`^[^\\p{C}\\p{Zl}\\p{Zp}]{1,${limits.personName}}$`, "u")))
  // So do letters of two alphabets that share shapes: the first letter of "Аnn" could be Cyrillic.
  .refine((name) => lookalikes.filter((script) => script.test(name)).length <= 1);

/** A room's name: letters and digits of any script, in lower case, with single hyphens between. */
export const roomName = z
  .string()
  .max(200)
  .transform(roomSlug)
  .pipe(z.string().max(limits.roomName).regex(roomPattern));

// Nobody means to write them. The database takes U+0000 for the end of a text, and each is six characters in JSON.
const controls = /(?![\n\t])\p{Cc}/gu;
const written = z.string().transform((value) => value.replace(controls, ""));

/** What a room is about; may be empty. */
export const topic = written.pipe(z.string().trim().max(limits.topic));

/** What somebody writes. */
export const text = written.pipe(z.string().trim().min(1).max(limits.text));

/** The writer's own name for a message, made once and kept through every retry: it is stored once for each writer. */
export const clientId = z.uuid();

/** A message's number. It rises through the whole site, so it is what paging goes by. */
export const lineId = z.int().positive();

/** The number of a change. It rises with every message, edit and deletion of the site: what catching up goes by. */
export const revision = z.int().nonnegative();

/** A message, as everybody in its conversation sees it. */
export const line = z.object({
  id: z.int(),
  revision: z.int(),
  clientId: z.string(),
  from: z.string(),
  /** Empty once it is deleted. */
  text: z.string(),
  /** When it was stored, in milliseconds since 1970. */
  at: z.number(),
  state: z.enum(["said", "edited", "deleted"]),
});

/** A message between two people. */
export const directLine = line.extend({ to: z.string() });

/** Which part of a conversation: the newest lines, those next to one, or those around one; oldest first. */
export const pageRequest = z.object({
  before: lineId.optional(),
  after: revision.optional(),
  around: lineId.optional(),
});

/** Somebody, where nothing but the name matters. */
export const somebody = z.object({ name: z.string() });

/** A room, as everybody who may know of it sees it. `people` are those who have it open now. */
export const roomInfo = z.object({
  name: z.string(),
  topic: z.string(),
  isPrivate: z.boolean(),
  people: z.number(),
});

/** What somebody is to a room. Only members and the invited know of a private one. */
export const membership = z.enum(["member", "invited", "none"]);

/** A part of a conversation. */
export function pageOf<Schema extends typeof line>(lines: Schema) {
  return z.object({ lines: z.array(lines), hasOlder: z.boolean(), hasNewer: z.boolean() });
}

/** All that was said, edited and deleted since a revision, in that order; not complete when it was too much. */
export function changesOf<Schema extends typeof line>(lines: Schema) {
  return z.object({ lines: z.array(lines), isComplete: z.boolean() });
}

export type Line = z.infer<typeof line>;
export type DirectLine = z.infer<typeof directLine>;
export type PageRequest = z.infer<typeof pageRequest>;
export type RoomInfo = z.infer<typeof roomInfo>;
export type Membership = z.infer<typeof membership>;
export interface Page<L extends Line = Line> {
  lines: L[];
  hasOlder: boolean;
  hasNewer: boolean;
}
export interface Changes<L extends Line = Line> {
  lines: L[];
  isComplete: boolean;
}
