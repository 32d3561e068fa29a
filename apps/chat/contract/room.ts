import { contract } from "@solent/core/contract";
import { z } from "zod";
import { line, roomName, somebody, text } from "./words.ts";

/** Many to many: what is said in a room, at `/rooms/:room`. */
export const room = contract({
  params: z.object({ room: roomName }),
  toServer: { say: z.object({ text }) },
  toClient: {
    welcome: z.object({ people: z.array(z.string()), lines: z.array(line) }),
    said: line,
    came: somebody,
    left: somebody,
  },
  // Each reaches every member's browser as it is: no code runs per member.
  events: {
    "room.said": { forward: "said" },
    "room.came": { forward: "came" },
    "room.left": { forward: "left" },
  },
});
