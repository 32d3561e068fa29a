const hues = 8;

/** Somebody's first letter in a colour that is always theirs. For the eye only: the name stands beside it. */
export function Avatar({ name }: { readonly name: string }) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9_973;
  return (
    <span className="avatar" data-hue={sum % hues} aria-hidden="true">
      {[...name][0]?.toUpperCase()}
    </span>
  );
}
