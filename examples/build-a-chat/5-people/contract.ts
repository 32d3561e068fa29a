import { contract } from "@solent/core/contract";
import { z } from "zod";

export const personName = z.string().trim().min(1).max(30);
export const roomName = /^[\w-]{1,50}$/;
const text = z.string().min(1).max(500);
const somebody = z.object({ name: z.string() });

export const chat = contract({
  params: z.object({ room: z.string().regex(roomName) }), // of the path; no match: 404
  toServer: { say: z.object({ text }) }, // browser -> consumer, always checked
  toClient: {
    welcome: z.object({ people: z.array(z.string()) }),
    came: somebody,
    left: somebody,
    said: z.object({ from: z.string(), text }),
  },
  events: {
    "chat.came": { forward: "came" },
    "chat.left": { forward: "left" },
    "chat.message": { forward: "said" },
  },
});
