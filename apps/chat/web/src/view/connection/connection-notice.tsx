import { useEffect, useState } from "react";
import type { LinkState } from "../../model/links/link-state.ts";

/** What is wrong, and how to hurry. */
export interface ConnectionNoticeProps {
  readonly link: LinkState;
  readonly onRetry: () => void;
}

/** Says why nothing arrives, when it is so. */
export function ConnectionNotice({ link, onRetry }: ConnectionNoticeProps) {
  if (link.kind === "live" || link.kind === "connecting") return null;
  return (
    <div className="connection-notice" role="alert">
      <span>{link.why}</span>
      {link.kind === "waiting" ? (
        <>
          <Countdown until={link.retryAt} />
          <button type="button" className="button-plain" onClick={onRetry}>
            Try now
          </button>
        </>
      ) : (
        <button type="button" className="button-plain" onClick={() => location.reload()}>
          Load the page anew
        </button>
      )}
    </div>
  );
}

// Not announced: a screen reader would count the seconds aloud.
function Countdown({ until }: { readonly until: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((until - now) / 1_000));
  return <span aria-hidden="true">{seconds === 0 ? "Trying now…" : `Trying again in ${seconds} s.`}</span>;
}
