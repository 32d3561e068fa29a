import type { LinkState } from "../../model/links/link-state.ts";

const words: Readonly<Record<LinkState["kind"], string>> = {
  live: "Live",
  connecting: "Connecting",
  waiting: "Waiting",
  ended: "Ended",
};

/** Whether what is shown is the present. */
export function ConnectionBadge({ link }: { readonly link: LinkState }) {
  return (
    <span
      className="connection-badge"
      data-state={link.kind}
      role="status"
      aria-label={`Connection: ${words[link.kind]}`}
      title={link.kind === "live" ? `Live through ${link.node}` : undefined}
    >
      {words[link.kind]}
    </span>
  );
}
