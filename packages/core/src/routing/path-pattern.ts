import { SolentError } from "../errors/solent-error.ts";

/** What a pattern found in a path. */
export interface PathMatch {
  /** The captured parameters by name. */
  readonly params: Readonly<Record<string, string>>;
  /** What is left of the path, for the router inside; `""` when nothing is. */
  readonly rest: string;
}

type Segment =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "param"; readonly name: string }
  | { readonly kind: "rest"; readonly name: string };

const maxPatternLength = 1000;
const parameter = /^:([A-Za-z][A-Za-z0-9_]*)(\*?)$/;
const misplaced = /[:*?#%\\\s\0]/;
const noParams: Readonly<Record<string, string>> = Object.freeze({});

/**
 * A path pattern: text, `:name` for one segment, and `:name*` for all that is left.
 *
 * It is compared segment by segment with the decoded path, exactly: case, doubled slashes and a slash at the end count.
 * `:name` takes one segment that is not empty, `:name*` at least one character.
 */
export class PathPattern {
  /** The pattern as it was written. */
  readonly text: string;
  /** The names of its parameters, in order. */
  readonly names: readonly string[];
  /** The pattern without its parameters' names: equal for patterns that match the same paths. */
  readonly shape: string;
  readonly #segments: readonly Segment[];
  readonly #endsWithSlash: boolean;

  /** @throws {SolentError} ROUTE_INVALID naming the rule that the pattern breaks. */
  constructor(text: string) {
    if (typeof text !== "string") throw invalid(String(text), "a pattern is text");
    if (text.length > maxPatternLength)
      throw invalid(text.slice(0, 50), `a pattern has at most ${maxPatternLength} characters`);
    this.text = text;
    const parts = segmentsOf(text);
    this.#endsWithSlash = parts.at(-1) === "";
    if (this.#endsWithSlash) parts.pop();
    this.#segments = parts.map((part, index) =>
      segmentOf(part, text, index === parts.length - 1 && !this.#endsWithSlash),
    );
    this.names = this.#segments.flatMap((segment) => (segment.kind === "text" ? [] : [segment.name]));
    const repeated = this.names.find((name, index) => this.names.indexOf(name) !== index);
    if (repeated !== undefined) throw invalid(text, `it names :${repeated} twice`);
    this.shape = this.#segments.map(shapeOf).join("") + (this.#endsWithSlash ? "/" : "");
  }

  /** Compares with the beginning of a path; the whole path matched when `rest` is `""`. */
  match(path: string): PathMatch | undefined {
    let params = noParams;
    let at = path.startsWith("/") ? 1 : 0;
    // Where the next segment would begin; past the end when the path has no more.
    let isDone = path === "";
    for (const segment of this.#segments) {
      if (isDone) return undefined;
      const slash = segment.kind === "rest" ? -1 : path.indexOf("/", at);
      const end = slash < 0 ? path.length : slash;
      if (segment.kind === "text") {
        if (end - at !== segment.text.length || !path.startsWith(segment.text, at)) return undefined;
      } else {
        if (end === at) return undefined;
        params = { ...params, [segment.name]: path.slice(at, end) };
      }
      isDone = end === path.length;
      at = end + 1;
    }
    if (!this.#endsWithSlash)
      return { params, rest: isDone ? "" : this.#segments.length === 0 ? path : path.slice(at - 1) };
    if (isDone) return undefined;
    const rest = path.slice(at);
    // This pattern took one slash; a second one is an empty segment, which no pattern matches.
    return rest.startsWith("/") ? undefined : { params, rest };
  }
}

/** Writes an inner pattern behind an outer one, as a route listing shows it. */
export function joinPatterns(outer: string, inner: string): string {
  if (inner === "" || inner === "/") return inner === "/" && !outer.endsWith("/") ? `${outer}/` : outer;
  const head = outer.endsWith("/") ? outer.slice(0, -1) : outer;
  return `${head}/${inner.startsWith("/") ? inner.slice(1) : inner}`;
}

// "/a/b/" and "a/b/" are ["a", "b", ""], "/" is [""], "" is [].
function segmentsOf(text: string): string[] {
  if (text === "") return [];
  return (text.startsWith("/") ? text.slice(1) : text).split("/");
}

function segmentOf(part: string, pattern: string, isLast: boolean): Segment {
  if (part === "") throw invalid(pattern, "it has two slashes in a row");
  const found = parameter.exec(part);
  if (found === null) {
    const character = misplaced.exec(part)?.[0];
    if (character === undefined) return { kind: "text", text: part };
    throw invalid(pattern, ruleOf(part, character));
  }
  const [, name = "", star] = found;
  if (star === "") return { kind: "param", name };
  if (!isLast) throw invalid(pattern, `${part} takes all that is left, so nothing can follow it`);
  return { kind: "rest", name };
}

function ruleOf(part: string, character: string): string {
  if (character === "%") return "a pattern is compared with the decoded path: write it without percent-encoding";
  if (character === ":" || character === "*") {
    return `"${part}" is no parameter: one is a whole segment, as in ":name", or ":name*" for all that is left`;
  }
  return `the character ${JSON.stringify(character)} is in no path`;
}

function shapeOf(segment: Segment): string {
  if (segment.kind === "text") return `/${segment.text}`;
  return segment.kind === "param" ? "/:" : "/:*";
}

function invalid(pattern: string, rule: string): SolentError {
  return new SolentError("ROUTE_INVALID", { pattern, rule });
}
