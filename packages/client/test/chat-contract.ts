import { contract } from "@solent/core/contract";
import { z } from "zod";

const line = z.object({ from: z.string(), text: z.string().min(1) });

export const chat = contract({
  toServer: {
    say: line.pick({ text: true }),
    mark: z.object({ at: z.string().transform((text) => new Date(text)) }),
    note: z.string().optional(),
    typing: {},
    rename: { data: z.object({ name: z.string() }), reply: z.object({ ok: z.boolean() }) },
  },
  toClient: {
    said: line,
    count: z.number(),
    cleared: {},
    confirm: { data: z.object({ question: z.string() }), reply: z.boolean() },
  },
});
