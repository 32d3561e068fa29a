const hues = 8;

/** Somebody's first letter in a colour that is always theirs. For the eye only: the name stands beside it. */
export function Avatar({ name }: { readonly name: string }) {
  // FNV-1a: close names get far colours.
  let sum = 2_166_136_261;
  for (const letter of name) sum = Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  // The lowest bits alone would be the last letter's.
  sum = (sum ^ (sum >>> 16)) >>> 0;
  return (
    <span className="avatar" data-hue={sum % hues} aria-hidden="true">
      {String.fromCodePoint(name.codePointAt(0) ?? 32).toUpperCase()}
    </span>
  );
}
