// For tests: one node's presence in a process of its own, which can be killed or stopped. It does what its parent says, and
// says what it tells to others.
import { openDatabase } from "../database/database.ts";
import { chatLog } from "../log.ts";
import { Presence } from "./presence.ts";

const [location = "", node = "", leaseMs = ""] = process.argv.slice(2);

const database = await openDatabase(location);
const presence = new Presence(database, {
  node,
  leaseMs: Number(leaseMs),
  log: chatLog("error"),
  tell: ({ person, isHere }) => Promise.resolve(void process.send?.({ told: `${isHere ? "+" : "-"}${person}` })),
});

process.on("message", ({ order, person = "", connection = "" }: Readonly<Record<string, string>>) => {
  void (async () => {
    if (order === "enter") await presence.enter({ place: "red", person, connection });
    if (order === "leave") await presence.leave(connection);
    if (order === "stop") {
      await presence.stop();
      await database.destroy();
    }
    process.send?.({ done: true });
    if (order === "stop") process.disconnect();
  })();
});

await presence.start();
process.send?.({ done: true });
