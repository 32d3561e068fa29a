import { SolentError } from "../errors/solent-error.ts";

/**
 * A pattern of names, as layer options have it: a glob over the whole name, or a regular expression.
 *
 * @throws {SolentError} CONFIG_INVALID for what is neither.
 */
export function namePattern(option: string, pattern: unknown): RegExp {
  // Without the flags that make an expression remember where it stopped.
  if (pattern instanceof RegExp) return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  if (typeof pattern === "string" && pattern.length > 0 && pattern.length <= 200) return glob(pattern);
  throw new SolentError("CONFIG_INVALID", {
    option,
    value: String(pattern).slice(0, 100),
    rule: "a pattern is a glob of 1 to 200 characters or a regular expression",
  });
}

// Shell style, over the whole name: * is any run, ? one character, [abc] and [!abc] a set; the rest stands for itself.
function glob(pattern: string): RegExp {
  let source = "";
  for (let i = 0; i < pattern.length; i += 1) {
    const character = pattern.charAt(i);
    const end = character === "[" ? pattern.indexOf("]", i + 2) : -1;
    if (character === "*") source += ".*";
    else if (character === "?") source += ".";
    else if (end !== -1) {
      source += set(pattern.slice(i + 1, end));
      i = end;
    } else source += escape(character);
  }
  return new RegExp(`^${source}$`, "s");
}

function set(characters: string): string {
  const isNegated = characters.startsWith("!");
  const inside = (isNegated ? characters.slice(1) : characters).replace(/[\\\]^[]/g, "\\$&");
  return `[${isNegated ? "^" : ""}${inside}]`;
}

function escape(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
