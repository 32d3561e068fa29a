import cluster from "node:cluster";
import type { ChatLog } from "./log.ts";

/**
 * Ends the process when it is told to: gracefully at the first SIGTERM or SIGINT, at once at the second.
 *
 * One of several nodes leaves SIGINT to the process that started it: a terminal tells it to both.
 */
export function onStop(log: ChatLog, stop: () => Promise<void>): void {
  let isStopping = false;
  const begin = (signal: string): void => {
    // Whoever asks twice does not want to wait.
    if (isStopping) process.exit(1);
    isStopping = true;
    log.info({ signal }, "the chat is stopping");
    stop().then(
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
  process.on("SIGTERM", begin);
  process.on("SIGINT", cluster.isWorker ? () => undefined : begin);
}
