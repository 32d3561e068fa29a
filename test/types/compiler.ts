import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The first line of one of the compiler's messages, and where it points. */
export interface Diagnostic {
  /** Relative to the folder of the fixtures, with slashes. */
  readonly file: string;
  readonly line: number;
  /** `"TS2345: Argument of type …"` */
  readonly text: string;
  /** The last of the indented lines below it; the same as `text` when there is none. */
  readonly lastLine: string;
}

const here = dirname(fileURLToPath(import.meta.url));
const packages = join(here, "../../packages");
/** The folder that is compiled. */
export const fixtures = join(here, "fixtures");
// Inside core's node_modules, so that what the declarations import is found from there.
const cache = join(packages, "core/node_modules/.cache/declarations");

/** The compilers that users may have: where each is installed. */
export const compilers = {
  "TypeScript 5.9": join(here, "typescript-5"),
  "TypeScript 6.0": join(here, "typescript-6"),
  "TypeScript 7.0": here,
} as const;

/** Writes the declarations that users of the packages get: with the compiler that builds them, and from the source. */
export async function writeDeclarations(): Promise<void> {
  const sources = ["core/src/index.ts", "core/src/contract/index.ts", "client/src/index.ts"];
  const project = {
    extends: join(here, "../../tsconfig.base.json"),
    compilerOptions: {
      composite: false,
      incremental: false,
      sourceMap: false,
      declarationMap: false,
      emitDeclarationOnly: true,
      lib: ["es2023", "esnext.disposable", "dom"],
      typeRoots: [join(here, "../../node_modules/@types")],
      rootDir: packages,
      outDir: cache,
    },
    files: sources.map((source) => join(packages, source)),
  };
  await mkdir(cache, { recursive: true });
  await writeFile(join(cache, "tsconfig.json"), JSON.stringify(project));
  await run(compilers["TypeScript 7.0"], cache);
}

/** Compiles all fixtures once with the compiler that is installed for `folder`, against the declarations. */
export async function compile(folder: string): Promise<{ version: string; diagnostics: Diagnostic[] }> {
  return { version: installed(folder).version, diagnostics: parse(await run(folder, fixtures)) };
}

function installed(folder: string): { root: string; version: string; bin: { tsc: string } } {
  const require = createRequire(join(folder, "package.json"));
  const manifest = require("typescript/package.json") as { version: string; bin: { tsc: string } };
  return { ...manifest, root: dirname(require.resolve("typescript/package.json")) };
}

// A compiler that finds mistakes ends with 1 or 2; one that could not run at all says why on stderr.
function run(folder: string, project: string): Promise<string> {
  const { root, bin } = installed(folder);
  const parameters = [join(root, bin.tsc), "-p", project, "--pretty", "false"];
  return new Promise((resolve, reject) => {
    const options = { cwd: project, maxBuffer: 10_000_000, timeout: 120_000 };
    execFile(process.execPath, parameters, options, (error, stdout, stderr) => {
      if (stderr !== "" || (error !== null && typeof error.code !== "number"))
        reject(new Error(stderr, { cause: error }));
      else resolve(stdout);
    });
  });
}

const firstLine = /^(.+)\((\d+),\d+\): error (TS\d+: .*)$/;

function parse(output: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const line of output.split(/\r?\n/)) {
    const [, file, number, text] = firstLine.exec(line) ?? [];
    if (file !== undefined && text !== undefined) {
      const name = relative(fixtures, join(fixtures, file)).replaceAll("\\", "/");
      found.push({ file: name, line: Number(number), text, lastLine: text });
    } else if (/^\s+\S/.test(line) && found.length > 0) {
      found[found.length - 1] = { ...(found.at(-1) as Diagnostic), lastLine: line.trim() };
    } else if (line.trim() !== "") {
      throw new Error(`the compiler said something else: ${line}`);
    }
  }
  return found;
}
