import { useState } from "react";
import type { ChatModel } from "../model/chat-model.ts";
import type { ChatState } from "../model/chat-state.ts";
import type { Conversation } from "../model/conversation.ts";
import type { LinkState } from "../model/link-state.ts";
import { Avatar } from "./avatar.tsx";
import { Composer } from "./composer.tsx";
import { ConnectionNotice } from "./connection-notice.tsx";
import { BackIcon, PeopleIcon } from "./icons.tsx";
import { MessageList } from "./message-list.tsx";
import { PeoplePanel } from "./people-panel.tsx";

/** What a conversation shows. */
export interface ConversationViewProps {
  readonly conversation: Conversation;
  readonly link: LinkState;
  readonly state: ChatState;
  readonly model: ChatModel;
}

/** One conversation: what was said, who is here, and the box to write in. */
export function ConversationView({ conversation, link, state, model }: ConversationViewProps) {
  const [arePeopleShown, setArePeopleShown] = useState(false);
  const { kind, name } = conversation;
  const people = state.roomPeople.get(name) ?? [];
  return (
    <>
      <main className="conversation" aria-label={kind === "room" ? `Room ${name}` : `Direct messages with ${name}`}>
        <header className="conversation-header">
          <a className="button-icon back" href="#/" aria-label="All conversations">
            <BackIcon />
          </a>
          {kind === "direct" && <Avatar name={name} />}
          <Title conversation={conversation} state={state} />
          <ConnectionBadge link={link} />
          {kind === "room" && (
            <>
              <button
                type="button"
                className="button-icon people-toggle"
                aria-expanded={arePeopleShown}
                aria-controls="people"
                aria-label={`Who is here (${people.length})`}
                onClick={() => setArePeopleShown(!arePeopleShown)}
              >
                <PeopleIcon />
                <span aria-hidden="true">{people.length}</span>
              </button>
              <a className="button-plain" href="#/" onClick={() => model.leaveRoom(name)}>
                Leave<span className="only-heard"> the room</span>
              </a>
            </>
          )}
        </header>
        <ConnectionNotice link={link} onRetry={() => model.retry()} />
        <MessageList conversation={conversation} me={state.me.name} />
        <Composer conversation={conversation} isLive={link.kind === "live"} model={model} />
      </main>
      {kind === "room" && (
        <PeoplePanel
          names={people}
          me={state.me.name}
          isShown={arePeopleShown}
          onClose={() => setArePeopleShown(false)}
        />
      )}
    </>
  );
}

function Title({
  conversation: { kind, name },
  state,
}: {
  readonly conversation: Conversation;
  readonly state: ChatState;
}) {
  const isOnline = state.people.includes(name);
  return (
    <div className="conversation-title">
      <h2>
        {kind === "room" && <span aria-hidden="true"># </span>}
        {name}
      </h2>
      {kind === "direct" && state.siteLink.kind === "live" && <small>{isOnline ? "here now" : "away"}</small>}
    </div>
  );
}

const words: Readonly<Record<LinkState["kind"], string>> = {
  live: "Live",
  connecting: "Connecting",
  waiting: "Waiting",
  ended: "Ended",
};

function ConnectionBadge({ link }: { readonly link: LinkState }) {
  return (
    <span
      className="connection-badge"
      data-state={link.kind}
      role="status"
      aria-label={`Connection: ${words[link.kind]}`}
    >
      {words[link.kind]}
    </span>
  );
}
