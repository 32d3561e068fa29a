/** The names in the order of the reader's language. */
export function sortNames(names: readonly string[]): readonly string[] {
  return names.toSorted((one, other) => one.localeCompare(other));
}

/** The names with one more, in order. */
export function withName(names: readonly string[], name: string): readonly string[] {
  return names.includes(name) ? names : sortNames([...names, name]);
}

/** The names without one. */
export function withoutName(names: readonly string[], name: string): readonly string[] {
  return names.filter((other) => other !== name);
}
