import type { StandardSchemaV1 } from "@standard-schema/spec";
import { SolentError } from "../errors/solent-error.ts";

/** A schema of any library that speaks Standard Schema: zod, valibot, arktype and others. */
export type Schema = StandardSchemaV1;

/** The type a schema accepts: what the sender writes. */
export type InputOf<S extends Schema> = StandardSchemaV1.InferInput<S>;

/** The type a schema gives: what the receiver reads. */
export type OutputOf<S extends Schema> = StandardSchemaV1.InferOutput<S>;

/** One thing that is wrong with a value, and where. */
export interface ValidationIssue {
  /** The keys that lead to it, from the outside in; empty for the value itself. */
  readonly path: readonly (string | number)[];
  /** The schema library's sentence. It names types and rules, not the value. */
  readonly message: string;
}

/** What `validate` found: the schema's output, or at most ten issues. */
export type Validation =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly [ValidationIssue, ...ValidationIssue[]] };

const maxIssues = 10;

/** Tells a schema from any other value. Some libraries' schemas are functions. */
export function isSchema(value: unknown): value is Schema {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  const standard = (value as { readonly "~standard"?: unknown })["~standard"];
  return (
    typeof standard === "object" &&
    standard !== null &&
    typeof (standard as { validate?: unknown }).validate === "function"
  );
}

/**
 * Validates `value`, synchronously.
 *
 * `entry` says which part of the contract the schema belongs to: `"toServer.say"`.
 *
 * @throws {SolentError} CONTRACT_ASYNC when the schema answers with a promise.
 */
export function validate(schema: Schema, value: unknown, entry: string): Validation {
  const result = schema["~standard"].validate(value);
  if (isPromiseLike(result)) {
    // Its outcome is of no use, but its failure would end the process as an unhandled rejection.
    result.then(undefined, () => undefined);
    throw new SolentError("CONTRACT_ASYNC", { entry });
  }
  if (result.issues === undefined) return { value: result.value };
  const [first, ...others] = result.issues.slice(0, maxIssues).map(issueOf);
  return { issues: [first ?? { path: [], message: "refused by its schema" }, ...others] };
}

/** Writes an issue's path as one string: `"data.text"`, or `""` for the value itself. */
export function pathText(path: readonly (string | number)[]): string {
  return path.join(".");
}

function issueOf(issue: StandardSchemaV1.Issue): ValidationIssue {
  return { path: (issue.path ?? []).map(keyOf), message: issue.message };
}

function keyOf(segment: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const key = typeof segment === "object" ? segment.key : segment;
  return typeof key === "symbol" ? String(key) : key;
}

function isPromiseLike<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { readonly then?: unknown }).then === "function";
}
