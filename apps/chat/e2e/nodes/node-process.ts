// For tests: one node in a process of its own, on the page of the tests and with passwords that cost nothing.
import { readConfig } from "../../server/config.ts";
import { serveChat } from "../../server/serve-chat.ts";
import { chatLog } from "../../server/log.ts";
import { onStop } from "../../server/stopping.ts";

const [pageFolder = ""] = process.argv.slice(2);

const config = { ...readConfig(process.env), signUpsPerHour: 10_000, passwordCost: { N: 16, r: 8, p: 1 } };
const server = await serveChat(config, pageFolder);
// Without the tests nobody needs it.
process.once("disconnect", () => process.exit(0));
onStop(chatLog("silent"), () => server.close());
process.send?.(server.port);
