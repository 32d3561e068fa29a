// The chat of a load test, in a process of its own: it tells its parent where it is, and ends when the parent does.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serveChat } from "../server/serve-chat.ts";

const [folder = "", people = ""] = process.argv.slice(2);

// Nobody looks at the page here.
const pageFolder = join(folder, "page");
await mkdir(pageFolder);
await writeFile(join(pageFolder, "index.html"), "<!doctype html><title>Load test</title>");

const server = await serveChat(
  {
    port: 0,
    database: join(folder, "chat.sqlite"),
    adminName: "admin",
    adminPassword: undefined,
    secret: undefined,
    isHttps: false,
    proxies: 0,
    logLevel: "error",
    // What is measured is the talk, not how hard a password is to guess.
    passwordCost: { N: 2 ** 10, r: 8, p: 1 },
    signUpsPerHour: Number(people),
    redis: undefined,
    redisPrefix: "chat",
    node: "node-1",
    nodes: 1,
  },
  pageFolder,
);

const stop = (): void => void server.close().then(() => process.exit(0));
process.once("disconnect", stop);
if (process.connected) process.send?.(`http://127.0.0.1:${server.port}`);
else stop();
