import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const maxBytes = 4_096;
const maxBytesWithAll = 7_168;

const plainPage = `
  import { connect } from "./index.ts";
  import type { chat } from "../test/chat-contract.ts";
  connect<typeof chat>("/rooms/red").send("say", { text: "hi" });`;

const pageWithAll = `
  import { anySocket } from "./http/index.ts";
  import { multiplex } from "./sharing/index.ts";
  import type { chat } from "../test/chat-contract.ts";
  multiplex("/", { WebSocket: anySocket() }).open<typeof chat>("/rooms/red").send("say", { text: "hi" });`;

async function bundle(contents: string): Promise<{ code: Uint8Array; inputs: string[]; external: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents,
      loader: "ts",
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
    },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    conditions: ["@solent/source"],
    logLevel: "silent",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("esbuild wrote nothing.");
  const inputs = Object.keys(metafile.inputs);
  return {
    code: file.contents,
    inputs,
    external: Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path)),
  };
}

test("a page that connects takes at most four kilobytes for it", async () => {
  const { code } = await bundle(plainPage);
  expect(brotliCompressSync(code).length).toBeLessThanOrEqual(maxBytes);
});

test("with every way to connect, and one connection for several consumers, it takes at most seven", async () => {
  const { code } = await bundle(pageWithAll);
  expect(brotliCompressSync(code).length).toBeLessThanOrEqual(maxBytesWithAll);
});

test("a page that needs only WebSockets pays for no other way", async () => {
  const { inputs } = await bundle(plainPage);
  expect(inputs.filter((path) => /(http|sharing)\//.test(path))).toEqual([]);
});

test("a page that connects gets nothing of the contract, the server or any other package", async () => {
  const { inputs, external } = await bundle(plainPage);
  expect(inputs.filter((path) => !/(^|client\/src\/)[a-z-]+(\/[a-z-]+)?\.ts$|^<stdin>$/.test(path))).toEqual([]);
  expect(inputs.filter((path) => /node_modules|core|zod/.test(path))).toEqual([]);
  expect(inputs.some((path) => path.endsWith("src/connect.ts"))).toBe(true);
  expect(external).toEqual([]);
});
