import { contract } from "@solent/core/contract";
import { z } from "zod";

const text = z.string().trim().min(1).max(500);
const line = z.object({ from: z.string().trim().min(1).max(30), text });

/** What one emits as "say", everybody in the chat hears as "said". */
export const chat = contract({
  toServer: { say: line },
  toClient: { said: line, way: z.object({ transport: z.string() }) },
  events: { "chat.line": { forward: "said" } },
});

/** A namespace of its own: other events, other people. */
export const news = contract({
  toServer: { announce: z.object({ text }) },
  toClient: { headline: z.object({ text }) },
  events: { "news.headline": { forward: "headline" } },
});
