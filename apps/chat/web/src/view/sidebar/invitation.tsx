import type { RoomInfo } from "../../../../contract/words.ts";
import { useChat } from "../chat-context.ts";
import { RoomMark } from "../controls/room-mark.tsx";
import { useAnswerInvitation } from "../controls/use-answer-invitation.ts";
import { addressOf } from "../place-address.ts";

/** A room that one is invited to, with the two answers. */
export function Invitation({ room: { name, isPrivate } }: { readonly room: RoomInfo }) {
  const { open } = useChat().state;
  const { accept, decline } = useAnswerInvitation(name);
  const place = { kind: "room", name } as const;
  return (
    <li className="invitation" aria-label={`Invitation to ${name}`}>
      <a
        href={addressOf(place)}
        className="place-link"
        aria-current={open?.kind === "room" && open.name === name ? "page" : undefined}
      >
        <RoomMark isPrivate={isPrivate} />
        <span className="place-name">{name}</span>
        <span className="place-note">invited</span>
      </a>
      <div className="invitation-answers">
        <button type="button" className="button-plain" onClick={accept}>
          Accept<span className="only-heard"> the invitation to {name}</span>
        </button>
        <button type="button" className="button-plain" onClick={decline}>
          Decline<span className="only-heard"> the invitation to {name}</span>
        </button>
      </div>
    </li>
  );
}
