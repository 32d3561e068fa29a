import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Config, readConfig } from "./config.ts";
import { type ChatLog, chatLog } from "./log.ts";
import { runNodes } from "./nodes/run-nodes.ts";
import { serveChat } from "./serve-chat.ts";
import { onStop } from "./stopping.ts";

const pageFolder = fileURLToPath(new URL("../web/dist", import.meta.url));

try {
  const config = readConfig({ ...process.env, ...nodesArgument() });
  const log = chatLog(config.logLevel);
  const port =
    config.nodes > 1 && cluster.isPrimary
      ? await runNodes(config, log)
      : await start(config, log.child(ownWords(config)));
  // Of several nodes, the process that started them says it once.
  if (cluster.isPrimary && port !== undefined) process.stdout.write(`${whereItIs(config, port)}\n`);
} catch (error) {
  process.stderr.write(`${sayProblem(error)}\n`);
  process.exit(1);
}

// Nodes have it in their environment already.
function nodesArgument(): { readonly CHAT_NODES?: string } {
  if (cluster.isWorker) return {};
  const { nodes } = parseArgs({ options: { nodes: { type: "string" } } }).values;
  return nodes === undefined ? {} : { CHAT_NODES: nodes };
}

async function start(config: Config, log: ChatLog): Promise<number> {
  const server = await serveChat(config, pageFolder, { log, onAdminPassword: sayPassword });
  const { port } = server;
  log.info({ port }, "the chat has started");
  onStop(log, () => server.close());
  return port;
}

// One of several says in every line of its log which one it is.
function ownWords({ redis, node }: Config): { readonly node?: string } {
  return redis === undefined ? {} : { node };
}

function whereItIs({ adminName }: Config, port: number): string {
  return `The chat is on http://localhost:${port} (sign in as “${adminName}” to announce). Ctrl+C stops it.`;
}

function sayPassword(adminName: string, password: string): void {
  process.stdout.write(`The password of “${adminName}” is ${password} (keep it: it is said only this once).\n`);
}

function sayProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE") {
    return `Port ${port} is in use: stop what uses it, or choose another, for example PORT=${(port ?? 8000) + 1}.`;
  }
  return error.message;
}
