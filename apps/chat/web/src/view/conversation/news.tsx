import type { Line } from "../../../../contract/words.ts";

/** What others say while one is here, for screen readers alone: the list itself also changes when one scrolls. */
export function News({ lines }: { readonly lines: readonly Line[] }) {
  return (
    <div role="log" aria-label="New messages" className="only-heard">
      {lines.map(({ id, from, text }) => (
        <p key={id}>
          {from}: {text}
        </p>
      ))}
    </div>
  );
}
