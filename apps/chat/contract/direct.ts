import { contract } from "@solent/core/contract";
import { z } from "zod";
import { directLine, line, personName, roomInfo, somebody, text } from "./words.ts";

/** One to one, and what concerns everybody: at `/direct`, one connection for each page. */
export const direct = contract({
  toServer: {
    tell: z.object({ to: personName, text }),
    announce: z.object({ text }),
  },
  toClient: {
    welcome: z.object({
      people: z.array(z.string()),
      rooms: z.array(roomInfo),
      lines: z.array(directLine),
    }),
    told: directLine,
    announced: line,
    came: somebody,
    left: somebody,
    room: roomInfo,
    refused: z.object({ why: z.enum(["away", "notAdmin"]), to: z.string(), text: z.string() }),
  },
  events: {
    "direct.told": { forward: "told" },
    "site.announced": { forward: "announced" },
    "site.came": { forward: "came" },
    "site.left": { forward: "left" },
    "site.room": { forward: "room" },
  },
});
