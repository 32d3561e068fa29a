import { readFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { root, run, type Verdict } from "../gates/run-gate.ts";

/** What publint says about a tarball, one sentence a problem. */
export async function publintProblems(tarball: string): Promise<string[]> {
  const bytes = readFileSync(tarball);
  const { messages, pkg } = await publint({
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    level: "warning",
    strict: true,
  });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

/** What attw says about a tarball, for a package that is ESM only. */
export function attw(tarball: string): Verdict {
  const { scripts } = JSON.parse(readFileSync(join(root, "test/package.json"), "utf8")) as {
    scripts: { attw: string };
  };
  return run(`${scripts.attw} --no-color --no-emoji "${tarball}"`, root);
}

/** Packs the folder of a package with npm; answers the tarball's path. */
export function pack(folder: string, into: string): string {
  const { passed, output } = run(`npm pack --silent --ignore-scripts --pack-destination "${into}"`, folder);
  const name = /\S+\.tgz/.exec(output)?.[0];
  if (!passed || name === undefined) throw new Error(`npm pack failed: ${output}`);
  return join(into, name);
}
