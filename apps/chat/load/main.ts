import { readArguments, usage } from "./arguments.ts";
import { isExact, report } from "./report.ts";
import { runLoad } from "./run-load.ts";

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const options = readArguments(process.argv.slice(2));
  if (options === undefined) return say(usage);
  const result = await runLoad(options, say);
  say(`\n${report(options, result)}`);
  if (isExact(result)) return;
  say("\nNot every message arrived exactly once.");
  process.exitCode = 1;
}
