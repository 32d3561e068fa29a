import { useState } from "react";
import type { Conversation } from "../../model/conversation/conversation.ts";
import type { LinkState } from "../../model/links/link-state.ts";
import { useChat } from "../chat-context.ts";
import { Avatar } from "../controls/avatar.tsx";
import { EditIcon, InviteIcon, LeaveIcon, LockIcon, MoreIcon, PeopleIcon } from "../controls/icons.tsx";
import { BackLink } from "../controls/back-link.tsx";
import { Menu } from "../controls/menu.tsx";
import { ConfirmDialog } from "../dialogs/confirm-dialog.tsx";
import { InviteDialog } from "../dialogs/invite-dialog.tsx";
import { TopicDialog } from "../dialogs/topic-dialog.tsx";
import { ConnectionBadge } from "../connection/connection-badge.tsx";

/** What stands above a conversation. */
export interface ConversationHeaderProps {
  readonly conversation: Conversation;
  readonly link: LinkState;
  readonly arePeopleShown: boolean;
  readonly onShowPeople: () => void;
}

/** Where one is, whether it is live, and what can be done with it. */
export function ConversationHeader({ conversation, link, arePeopleShown, onShowPeople }: ConversationHeaderProps) {
  const { kind, name } = conversation;
  const { state } = useChat();
  const people = state.roomPeople.get(name) ?? [];
  return (
    <header className="conversation-header">
      <BackLink />
      {kind === "direct" ? <DirectTitle name={name} isKnown={conversation.isReady} /> : <RoomTitle name={name} />}
      <ConnectionBadge link={link} />
      {kind === "room" && (
        <button
          type="button"
          className="button-icon people-toggle"
          aria-expanded={arePeopleShown}
          aria-controls="people"
          onClick={onShowPeople}
        >
          <PeopleIcon />
          <span className="only-heard">Who is here: </span>
          <span>{people.length}</span>
        </button>
      )}
      {kind === "room" && <RoomMenu name={name} />}
    </header>
  );
}

function DirectTitle({ name, isKnown }: { readonly name: string; readonly isKnown: boolean }) {
  const { people, siteLink } = useChat().state;
  return (
    <>
      <Avatar name={name} />
      <div className="conversation-title">
        <h2>{name}</h2>
        {siteLink.kind === "live" && isKnown && <small>{people.includes(name) ? "here now" : "away"}</small>}
      </div>
    </>
  );
}

function RoomTitle({ name }: { readonly name: string }) {
  const room = useChat().state.rooms.get(name)?.room;
  return (
    <div className="conversation-title">
      <h2>
        {room?.isPrivate === true ? <LockIcon /> : <span aria-hidden="true"># </span>}
        {name}
        {room?.isPrivate === true && <span className="only-heard"> (private)</span>}
      </h2>
      {room !== undefined && room.topic !== "" && <small title={room.topic}>{room.topic}</small>}
    </div>
  );
}

type RoomDialog = "topic" | "invite" | "leave";

function RoomMenu({ name }: { readonly name: string }) {
  const { model, state } = useChat();
  const [dialog, setDialog] = useState<RoomDialog>();
  const close = (): void => setDialog(undefined);
  const room = state.rooms.get(name)?.room;
  const leave = async (): Promise<string> => {
    const problem = await model.site.leaveRoom(name);
    if (problem === "") location.hash = "#/";
    return problem;
  };
  return (
    <>
      <Menu
        label="Room menu"
        items={[
          { label: "Invite people", icon: <InviteIcon />, onSelect: () => setDialog("invite") },
          { label: "Change the topic", icon: <EditIcon />, onSelect: () => setDialog("topic") },
          { label: "Leave the room", icon: <LeaveIcon />, onSelect: () => setDialog("leave"), isDangerous: true },
        ]}
      >
        <MoreIcon />
      </Menu>
      {dialog === "topic" && <TopicDialog room={name} topic={room?.topic ?? ""} onClose={close} />}
      {dialog === "invite" && <InviteDialog room={name} onClose={close} />}
      {dialog === "leave" && (
        <ConfirmDialog
          title={`Leave #${name}?`}
          text={
            room?.isPrivate === true
              ? "It is private: to come back, somebody in it has to invite you."
              : "You can come back at any time."
          }
          action="Leave"
          onConfirm={leave}
          onClose={close}
        />
      )}
    </>
  );
}
