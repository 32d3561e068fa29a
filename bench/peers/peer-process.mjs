// What every peer's process shares: where to listen, and what the runner's signals mean.
export const port = Number(process.env.PORT ?? 9000);
export const host = "127.0.0.1";

// Memory is compared after a collection, so that garbage that happens to lie about is not counted.
process.on("SIGUSR2", () => {
  globalThis.gc?.();
  setTimeout(() => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    process.stdout.write(`${heapUsed + external}\n`);
  }, 200);
});
process.on("SIGTERM", () => process.exit(0));
