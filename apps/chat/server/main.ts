import { fileURLToPath } from "node:url";
import { readConfig } from "./config.ts";
import { chatLog } from "./log.ts";
import { serveChat } from "./serve-chat.ts";

const pageFolder = fileURLToPath(new URL("../web/dist", import.meta.url));

try {
  await start();
} catch (error) {
  process.stderr.write(`${sayProblem(error)}\n`);
  process.exitCode = 1;
}

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const log = chatLog(config.logLevel);
  const server = await serveChat(config, pageFolder, { log, onAdminPassword: sayPassword });
  log.info({ port: server.port }, "the chat has started");
  process.stdout.write(
    `The chat is on http://localhost:${server.port} (sign in as “${config.adminName}” to announce). Ctrl+C stops it.\n`,
  );
  let isStopping = false;
  const stop = (signal: string): void => {
    // Whoever asks twice does not want to wait.
    if (isStopping) process.exit(1);
    isStopping = true;
    log.info({ signal }, "the chat is stopping");
    server.close().then(
      () => {
        log.info("the chat has stopped");
        process.exit(0);
      },
      (error: unknown) => {
        log.fatal({ err: error }, "the chat could not stop as it should");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
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
