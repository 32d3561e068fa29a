// How long the compiler takes for a large application: 50 contracts of 15 messages, 50 consumers, 100 routes, 2 middlewares.
//
//   node bench/types/run.mjs [--rounds 5] [--compiler <folder of a typescript package>]
//
// It ends with 1 when the median check time is over the target.
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { contractModule, consumerModule, serverModule } from "./generate.mjs";

const targetSeconds = 1.5;
const contracts = 50;
const routesPerConsumer = 2;

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    compiler: {
      type: "string",
      default: dirname(createRequire(join(root, "package.json")).resolve("typescript/package.json")),
    },
  },
});
const rounds = Number(values.rounds);
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error("--rounds is a whole number of at least 1");

// Inside core's node_modules, so that zod and the schema types are found from there.
const cache = join(root, "packages/core/node_modules/.cache/bench-types");
const declarations = join(cache, "declarations");
const application = join(cache, "application");

const run = promisify(execFile);

/** Runs a TypeScript compiler on a project; its output, or an error with its messages. */
async function compile(compiler, project, flags) {
  const { bin } = JSON.parse(await readFile(join(compiler, "package.json"), "utf8"));
  const parameters = [join(compiler, bin.tsc), "-p", project, "--pretty", "false", ...flags];
  try {
    return (await run(process.execPath, parameters, { maxBuffer: 10_000_000 })).stdout;
  } catch (error) {
    throw new Error(`the compiler failed on ${project}:\n${String(error.stdout ?? error).slice(0, 2_000)}`);
  }
}

const base = {
  extends: join(root, "tsconfig.base.json"),
  compilerOptions: { composite: false, incremental: false, sourceMap: false, declarationMap: false },
};

/** What users compile against: the packages' declarations, not their source. */
async function writeDeclarations() {
  const project = {
    ...base,
    compilerOptions: {
      ...base.compilerOptions,
      emitDeclarationOnly: true,
      typeRoots: [join(root, "node_modules/@types")],
      rootDir: join(root, "packages"),
      outDir: declarations,
    },
    files: [join(root, "packages/core/src/index.ts"), join(root, "packages/core/src/contract/index.ts")],
  };
  await mkdir(declarations, { recursive: true });
  await writeFile(join(declarations, "tsconfig.json"), JSON.stringify(project));
  await compile(
    dirname(createRequire(join(root, "package.json")).resolve("typescript/package.json")),
    declarations,
    [],
  );
}

async function writeApplication() {
  await rm(application, { recursive: true, force: true });
  await mkdir(application, { recursive: true });
  const project = {
    ...base,
    compilerOptions: {
      ...base.compilerOptions,
      noEmit: true,
      declaration: false,
      types: [],
      lib: ["es2023", "esnext.disposable", "dom"],
      paths: {
        "@solent/core": [join(declarations, "core/src/index.d.ts")],
        "@solent/core/contract": [join(declarations, "core/src/contract/index.d.ts")],
      },
    },
    include: ["."],
  };
  await writeFile(join(application, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(application, "tsconfig.json"), JSON.stringify(project));
  for (let index = 0; index < contracts; index++) {
    await writeFile(join(application, `contract-${index}.ts`), contractModule(index));
    await writeFile(join(application, `consumer-${index}.ts`), consumerModule(index));
  }
  await writeFile(join(application, "server.ts"), serverModule(contracts, routesPerConsumer));
}

/** The figures of one compilation, by the names the compiler gives them. */
function figures(output) {
  const found = [...output.matchAll(/^([A-Z][A-Za-z ]+):\s+([\d.]+)/gm)].map(([, name, value]) => [
    name,
    Number(value),
  ]);
  const table = Object.fromEntries(found);
  for (const name of ["Check time", "Total time", "Types", "Instantiations", "Memory used"]) {
    if (!(name in table)) throw new Error(`the compiler did not say its "${name}":\n${output}`);
  }
  return table;
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

await writeDeclarations();
await writeApplication();
const measured = [];
for (let round = 0; round < rounds; round++) {
  measured.push(figures(await compile(resolve(values.compiler), application, ["--extendedDiagnostics"])));
}
const of = (name) => median(measured.map((round) => round[name]));
const { version } = JSON.parse(await readFile(join(values.compiler, "package.json"), "utf8"));
const check = of("Check time");
console.log(
  `TypeScript ${version}, Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
);
console.log(
  `${contracts} contracts x 15 messages, ${contracts} consumers, ${contracts * routesPerConsumer} routes, 2 middlewares; median of ${rounds}\n`,
);
console.log("| check s | total s | types | instantiations | memory MB |");
console.log("|---|---|---|---|---|");
console.log(
  `| ${check.toFixed(2)} | ${of("Total time").toFixed(2)} | ${of("Types")} | ${of("Instantiations")} | ${Math.round(of("Memory used") / 1000)} |`,
);
console.log(`\nTarget: check under ${targetSeconds} s: ${check < targetSeconds ? "met" : "missed"}.`);
if (check >= targetSeconds) process.exitCode = 1;
