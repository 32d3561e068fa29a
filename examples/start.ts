// pnpm --filter @solent/examples start [name]     PORT=8000 unless it says otherwise
import { examples } from "./examples.ts";
import { serveExamples } from "./serve-examples.ts";

const [name] = process.argv.slice(2);
try {
  const served = await serveExamples(
    name === undefined ? [...examples.keys()] : [name],
    Number(process.env["PORT"] ?? 8000),
  );
  console.log(`Open ${served.url} in two windows. Ctrl-C stops.`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void served[Symbol.asyncDispose]());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
