import { useEffect, useRef } from "react";
import { Avatar } from "./avatar.tsx";
import { CloseIcon } from "./icons.tsx";
import { addressOf } from "./place-address.ts";

/** Who is here, and whether it is shown on a narrow page. */
export interface PeoplePanelProps {
  readonly names: readonly string[];
  readonly me: string;
  readonly isShown: boolean;
  readonly onClose: () => void;
}

/** Who is in a room. */
export function PeoplePanel({ names, me, isShown, onClose }: PeoplePanelProps) {
  const closer = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isShown) closer.current?.focus();
  }, [isShown]);
  return (
    <aside
      id="people"
      className="people"
      data-shown={isShown}
      aria-label="Who is here"
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <header className="people-header">
        <h2>Here now</h2>
        <span className="people-count">{names.length}</span>
        <button ref={closer} type="button" className="button-icon people-close" onClick={onClose} aria-label="Close">
          <CloseIcon />
        </button>
      </header>
      <ul>
        {names.map((name) => (
          <li key={name}>
            {name === me ? (
              <span className="person">
                <Avatar name={name} />
                <span className="place-name">{name}</span>
                <span className="place-note">you</span>
              </span>
            ) : (
              <a className="person" href={addressOf({ kind: "direct", name })} title={`Write to ${name}`}>
                <Avatar name={name} />
                <span className="place-name">{name}</span>
              </a>
            )}
          </li>
        ))}
      </ul>
    </aside>
  );
}
