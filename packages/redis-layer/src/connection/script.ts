import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A Lua script as it is loaded and called. */
export interface Script {
  readonly text: string;
  /** What `EVALSHA` calls it by. */
  readonly sha: string;
}

type ScriptName =
  | "publish"
  | "history"
  | "claim"
  | "queue"
  | "queue-push"
  | "queue-pull"
  | "queue-settle"
  | "queue-clear";

/** Reads a script of this package, and puts its constants before it. */
export function readScript(
  name: ScriptName | readonly ScriptName[],
  constants: Readonly<Record<string, string | number>> = {},
): Script {
  const bodies = [name]
    .flat()
    .map((each) => readFileSync(new URL(`../../scripts/${each}.lua`, import.meta.url), "utf8"));
  const lines = Object.entries(constants).map(([key, value]) => `local ${key} = ${JSON.stringify(value)}\n`);
  const text = lines.join("") + bodies.join("\n");
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}
