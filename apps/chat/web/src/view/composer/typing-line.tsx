import { typingWords } from "./typing-words.ts";

/** Who is writing. It has its place also when nobody is, so that nothing moves. Not announced: it would never be quiet. */
export function TypingLine({ names }: { readonly names: readonly string[] }) {
  return <p className="typing">{typingWords(names)}</p>;
}
