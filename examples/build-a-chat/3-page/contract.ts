import { contract } from "@solent/core/contract";
import { z } from "zod";

export const roomName = /^[\w-]{1,50}$/;
const line = z.object({ from: z.string().min(1).max(30), text: z.string().min(1).max(500) });

export const chat = contract({
  params: z.object({ room: z.string().regex(roomName) }), // of the path; no match: 404
  toServer: { say: line }, // browser -> consumer, always checked
  toClient: { said: line }, // consumer -> browser
  events: { "chat.message": { forward: "said" } }, // consumer -> group -> every member's browser
});
