/** How many who are writing are named. */
const maxNamed = 2;

/** Says who is writing: "Ann is typing…", "Ann, Bea and 3 others are typing…"; nothing when nobody is. */
export function typingWords(names: readonly string[]): string {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing…`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
  const others = names.length - maxNamed;
  return `${names.slice(0, maxNamed).join(", ")} and ${others === 1 ? "1 other" : `${others} others`} are typing…`;
}
