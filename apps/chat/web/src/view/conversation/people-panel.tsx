import { useEffect, useRef, useState } from "react";
import { useChat } from "../chat-context.ts";
import { Avatar } from "../controls/avatar.tsx";
import { IconButton } from "../controls/icon-button.tsx";
import { CloseIcon, InviteIcon } from "../controls/icons.tsx";
import { InviteDialog } from "../dialogs/invite-dialog.tsx";
import { addressOf } from "../place-address.ts";

/** The most who are listed; a room may have thousands. */
const maxListed = 200;

/** Whose room it is, and whether it is shown on a narrow page. */
export interface PeoplePanelProps {
  readonly room: string;
  readonly isShown: boolean;
  readonly onClose: () => void;
}

/** Who is in a room. */
export function PeoplePanel({ room, isShown, onClose }: PeoplePanelProps) {
  const { state } = useChat();
  const [isInviting, setIsInviting] = useState(false);
  const closer = useRef<HTMLButtonElement>(null);
  const names = state.roomPeople.get(room) ?? [];
  useEffect(() => {
    if (!isShown) return undefined;
    const before = document.activeElement;
    closer.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, [isShown]);
  return (
    <>
      {isShown && <div className="people-shade" onClick={onClose} />}
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
          <IconButton label="Invite people" onClick={() => setIsInviting(true)}>
            <InviteIcon />
          </IconButton>
          <IconButton label="Close" ref={closer} className="button-icon people-close" onClick={onClose}>
            <CloseIcon />
          </IconButton>
        </header>
        <ul>
          {names.slice(0, maxListed).map((name) => (
            <li key={name}>
              <PersonLine name={name} isMe={name === state.me.name} />
            </li>
          ))}
        </ul>
        {names.length > maxListed && <p className="people-more">and {names.length - maxListed} more</p>}
      </aside>
      {isInviting && <InviteDialog room={room} onClose={() => setIsInviting(false)} />}
    </>
  );
}

function PersonLine({ name, isMe }: { readonly name: string; readonly isMe: boolean }) {
  if (isMe) {
    return (
      <span className="person">
        <Avatar name={name} />
        <span className="place-name">{name}</span>
        <span className="place-note">you</span>
      </span>
    );
  }
  return (
    <a className="person" href={addressOf({ kind: "direct", name })} title={`Write to ${name}`}>
      <Avatar name={name} />
      <span className="place-name">{name}</span>
    </a>
  );
}
