import { memo } from "react";
import { partsOf } from "./link-parts.ts";

/** What somebody wrote, with its links. It becomes text and links, never HTML. */
export const LinkedText = memo(function LinkedText({ text }: { readonly text: string }) {
  return partsOf(text).map(({ start, content, href }) =>
    href === undefined ? (
      content
    ) : (
      <a key={start} href={href} target="_blank" rel="noopener noreferrer nofollow">
        {content}
      </a>
    ),
  );
});
