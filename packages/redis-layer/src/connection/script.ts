import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A Lua script as it is loaded and called. */
export interface Script {
  readonly text: string;
  /** What `EVALSHA` calls it by. */
  readonly sha: string;
}

/** Reads a script of this package, and puts its constants before it. */
export function readScript(
  name: "publish" | "claim",
  constants: Readonly<Record<string, string | number>> = {},
): Script {
  const body = readFileSync(new URL(`../../scripts/${name}.lua`, import.meta.url), "utf8");
  const lines = Object.entries(constants).map(([key, value]) => `local ${key} = ${JSON.stringify(value)}\n`);
  const text = lines.join("") + body;
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}
