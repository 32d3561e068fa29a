import { contract } from "@solent/core/contract";
import { z } from "zod";
import { sessionEvents } from "./session.ts";
import {
  changesOf,
  clientId,
  directLine,
  lineId,
  nodeName,
  pageOf,
  pageRequest,
  personName,
  revision,
  text,
} from "./words.ts";

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

/** Every conversation, the newest first. */
const welcome = z.object({ conversations: z.array(summary), revision: z.int(), node: nodeName });

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
    /** The first message; and again when something was lost on the way: then ask for the changes. */
    welcome,
    told: directLine,
    changed: directLine,
    typing: { data: z.object({ from: z.string() }), delivery: "volatile" },
    /** Somebody (`by`) has come further in the conversation with another (`with`); one of the two is oneself. */
    marked: marks.extend({ by: z.string(), with: z.string() }),
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
export type DirectWelcome = z.infer<typeof welcome>;
