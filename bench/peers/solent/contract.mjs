import { contract } from "@solent/core";
import { z } from "zod";

const line = z.object({ message: z.string().max(4_096) });
const room = z.object({ room: z.string().regex(/^[\w-]{1,50}$/) });
const bulk = z.object({ op: z.enum(["join", "leave"]), n: z.number().int().max(10_000), base: z.string().max(50) });
const bulkdone = z.object({ n: z.number() });

/** A room, with a handler that runs for every member. */
export const chat = contract({
  params: room,
  toServer: { say: line, bulk },
  toClient: { said: line, bulkdone },
  events: { "chat.message": line },
});

/** The same room, with an event that every member passes on unchanged. */
export const passing = contract({
  params: room,
  toServer: { say: line, bulk },
  toClient: { said: line, bulkdone },
  events: { "chat.message": { forward: "said" } },
});
