import { useState } from "react";
import { useChat } from "../chat-context.ts";
import { BackLink } from "../controls/back-link.tsx";
import { LockIcon } from "../controls/icons.tsx";
import { useAnswerInvitation } from "../controls/use-answer-invitation.ts";
import { CreateRoomDialog } from "../dialogs/create-room-dialog.tsx";
import { ConnectionBadge } from "../connection/connection-badge.tsx";
import { ConnectionNotice } from "../connection/connection-notice.tsx";

/** What is shown of a room that one is not in: what it is about, and the way in, if there is one. */
export function RoomDoor({ name }: { readonly name: string }) {
  const { model, state } = useChat();
  return (
    <main className="conversation" aria-label={`Room ${name}`}>
      <header className="conversation-header">
        <BackLink />
        <div className="conversation-title">
          <h2>
            {state.rooms.get(name)?.room.isPrivate === true ? <LockIcon /> : <span aria-hidden="true"># </span>}
            {name}
          </h2>
        </div>
        <ConnectionBadge link={state.siteLink} />
      </header>
      <ConnectionNotice link={state.siteLink} onRetry={() => model.retry()} />
      <div className="messages-frame not-ready">
        {state.areRoomsKnown ? <Door name={name} /> : <p className="loading-lines">Loading…</p>}
      </div>
    </main>
  );
}

function Door({ name }: { readonly name: string }) {
  const own = useChat().state.rooms.get(name);
  const { accept, decline } = useAnswerInvitation(name);
  if (own === undefined) return <NoRoom name={name} />;
  const { room, membership } = own;
  const isInvited = membership === "invited";
  return (
    <div className="empty">
      <span className="empty-mark" aria-hidden="true">
        {room.isPrivate ? <LockIcon /> : "#"}
      </span>
      <h3>{isInvited ? `You are invited to #${name}` : `You are not in #${name} yet`}</h3>
      {room.topic !== "" && <p>{room.topic}</p>}
      <p>{peopleIn(room.people)}</p>
      <div className="empty-buttons">
        <button type="button" className="button-primary" onClick={accept}>
          {isInvited ? "Accept" : `Join #${name}`}
        </button>
        {isInvited && (
          <button type="button" className="button-plain" onClick={decline}>
            Decline
          </button>
        )}
      </div>
    </div>
  );
}

function peopleIn(count: number): string {
  if (count === 0) return "Nobody is there now.";
  return count === 1 ? "One person is there now." : `${count} people are there now.`;
}

function NoRoom({ name }: { readonly name: string }) {
  const [isCreating, setIsCreating] = useState(false);
  return (
    <div className="empty">
      <span className="empty-mark" aria-hidden="true">
        #
      </span>
      <h3>There is no room #{name} that you may know of</h3>
      <p>If it is private, somebody in it has to invite you.</p>
      <div className="empty-buttons">
        <button type="button" className="button-primary" onClick={() => setIsCreating(true)}>
          Create a room
        </button>
      </div>
      {isCreating && <CreateRoomDialog name={name} onClose={() => setIsCreating(false)} />}
    </div>
  );
}
