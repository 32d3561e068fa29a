/** A small store that outlives the page, such as the browser's. Reading and writing never fail: what cannot be kept is not. */
export interface KeyValues {
  get(key: string): string | undefined;
  /** Keeps a text; `undefined` removes it. */
  set(key: string, text: string | undefined): void;
  /** Hears of changes that other tabs make. */
  onChange(listener: (key: string) => void): () => void;
}

/** Reads JSON that this page once wrote; `undefined` when there is none, or it was spoiled. */
export function readJson(values: KeyValues, key: string): unknown {
  try {
    return JSON.parse(values.get(key) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value is an object with fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
