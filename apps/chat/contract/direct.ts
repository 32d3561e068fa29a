import { contract } from "@solent/core/contract";
import { z } from "zod";
import { sessionEvents } from "./session.ts";
import { changesOf, clientId, directLine, lineId, pageOf, pageRequest, personName, revision, text } from "./words.ts";

const notYours = { notYours: {} };
const nobody = { nobody: {} };

/** How far somebody's messages to another have come: up to which line they were delivered, and read. */
const marks = z.object({ deliveredTo: z.int(), readTo: z.int() });

/** A direct conversation in the list. `mine` says how far I have come in it, `theirs` how far the other one has. */
const summary = z.object({
  with: z.string(),
  last: directLine.optional(),
  unread: z.number(),
  mine: marks,
  theirs: marks,
});

/** One to one: what people tell each other, at `/direct`, one connection for each page. */
export const direct = contract({
  toServer: {
    /** Refused as not yours when the writer used the same `clientId` in another conversation. */
    tell: {
      data: z.object({ to: personName, clientId, text }),
      reply: directLine,
      errors: { ...nobody, ...notYours },
    },
    edit: { data: z.object({ id: lineId, text }), reply: directLine, errors: notYours },
    delete: { data: z.object({ id: lineId }), reply: directLine, errors: notYours },
    history: { data: pageRequest.extend({ with: personName }), reply: pageOf(directLine), errors: nobody },
    changes: { data: z.object({ since: revision }), reply: changesOf(directLine) },
    mark: z.object({ with: personName, deliveredTo: lineId.optional(), readTo: lineId.optional() }),
    typing: { data: z.object({ to: personName }), delivery: "volatile" },
  },
  toClient: {
    /** The first message: every conversation, the newest first. */
    welcome: z.object({ conversations: z.array(summary), revision: z.int() }),
    told: directLine,
    changed: directLine,
    typing: { data: z.object({ from: z.string() }), delivery: "volatile" },
    /** Somebody (`by`) has come further in the conversation with another (`with`); one of the two is oneself. */
    marked: marks.extend({ by: z.string(), with: z.string() }),
    /** Something was lost on the way: ask for the changes. */
    missed: {},
  },
  events: {
    ...sessionEvents,
    "direct.told": { forward: "told" },
    "direct.changed": { forward: "changed" },
    "direct.typing": { forward: "typing" },
    "direct.marked": { forward: "marked" },
  },
});

export type Marks = z.infer<typeof marks>;
export type DirectSummary = z.infer<typeof summary>;
