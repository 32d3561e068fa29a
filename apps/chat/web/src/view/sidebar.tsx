import { type SubmitEvent, useState } from "react";
import { limits } from "../../../contract/limits.ts";
import { roomPattern, roomSlug } from "../../../contract/spelling.ts";
import type { ChatModel } from "../model/chat-model.ts";
import type { ChatState } from "../model/chat-state.ts";
import { keyOf, type Place } from "../model/conversation.ts";
import { AnnounceButton } from "./announce-button.tsx";
import { Avatar } from "./avatar.tsx";
import { LeaveIcon, Logo, PlusIcon } from "./icons.tsx";
import { addressOf } from "./place-address.ts";

/** What the sidebar shows and does. */
export interface SidebarProps {
  readonly state: ChatState;
  readonly model: ChatModel;
  readonly adminName: string;
  readonly onLeave: () => void;
}

/** The way to every room and everybody. */
export function Sidebar({ state, model, adminName, onLeave }: SidebarProps) {
  const { me } = state;
  return (
    <div className="sidebar">
      <header className="sidebar-header">
        <Logo />
        <h1>Solent Chat</h1>
      </header>
      {me.isAdmin && <AnnounceButton model={model} isLive={state.siteLink.kind === "live"} />}
      <nav aria-label="Conversations" className="sidebar-lists">
        <RoomList state={state} />
        <OpenRoom model={model} />
        <DirectList state={state} />
      </nav>
      <footer className="sidebar-footer">
        <Avatar name={me.name} />
        <div className="sidebar-me">
          <strong>{me.name}</strong>
          <small>{me.isAdmin ? "may announce to everybody" : `${adminName} may announce to everybody`}</small>
        </div>
        <button type="button" className="button-icon" onClick={onLeave} aria-label="Sign out" title="Sign out">
          <LeaveIcon />
        </button>
      </footer>
    </div>
  );
}

function RoomList({ state }: { readonly state: ChatState }) {
  const { rooms, roomLinks } = state;
  // A room that one is in is listed even when the server has forgotten it, or has not been reached yet.
  const known = new Map(rooms.map((room) => [room.name, room.people]));
  const names = [...new Set([...roomLinks.keys(), ...known.keys()])].toSorted((one, other) => one.localeCompare(other));
  return (
    <section>
      <h2>Rooms</h2>
      <ul>
        {names.map((name) => (
          <PlaceLink
            key={name}
            place={{ kind: "room", name }}
            state={state}
            isIn={roomLinks.has(name)}
            people={known.get(name) ?? 0}
          />
        ))}
      </ul>
    </section>
  );
}

function DirectList({ state }: { readonly state: ChatState }) {
  const { me, people, conversations } = state;
  const begun = [...conversations.values()].filter(({ kind, lines }) => kind === "direct" && lines.length > 0);
  const names = [...new Set([...begun.map(({ name }) => name), ...people])].filter((name) => name !== me.name);
  return (
    <section>
      <h2>Direct messages</h2>
      {names.length === 0 && (
        <p className="sidebar-empty">
          Nobody else is here yet. Open this page in a second browser to talk to yourself.
        </p>
      )}
      <ul>
        {names
          .toSorted((one, other) => one.localeCompare(other))
          .map((name) => (
            <PlaceLink
              key={name}
              place={{ kind: "direct", name }}
              state={state}
              isIn
              isOnline={people.includes(name)}
            />
          ))}
      </ul>
    </section>
  );
}

interface PlaceLinkProps {
  readonly place: Place;
  readonly state: ChatState;
  readonly isIn: boolean;
  readonly people?: number;
  readonly isOnline?: boolean;
}

function PlaceLink({ place, state, isIn, people, isOnline }: PlaceLinkProps) {
  const { open, conversations } = state;
  const unread = conversations.get(keyOf(place))?.unread ?? 0;
  const isOpen = open !== undefined && keyOf(open) === keyOf(place);
  return (
    <li>
      <a
        href={addressOf(place)}
        className="place-link"
        aria-current={isOpen ? "page" : undefined}
        data-in={isIn}
        data-unread={unread > 0}
      >
        {place.kind === "room" ? (
          <span className="place-mark" aria-hidden="true">
            #
          </span>
        ) : (
          <span className="place-person" data-online={isOnline}>
            <Avatar name={place.name} />
          </span>
        )}
        <span className="place-name">{place.name}</span>
        {isOnline === false && <span className="place-note">away</span>}
        {people !== undefined && people > 0 && unread === 0 && (
          <span className="place-note" title={`${people} here`}>
            {people}
            <span className="only-heard"> here</span>
          </span>
        )}
        {unread > 0 && (
          <span className="unread">
            {unread > 99 ? "99+" : unread}
            <span className="only-heard"> unread</span>
          </span>
        )}
      </a>
    </li>
  );
}

function OpenRoom({ model }: { readonly model: ChatModel }) {
  const [name, setName] = useState("");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const slug = roomSlug(name);
    if (!roomPattern.test(slug) || slug.length > limits.roomName) {
      return model.toast(`A room's name is letters and digits, at most ${limits.roomName}.`);
    }
    setName("");
    location.hash = addressOf({ kind: "room", name: slug });
  };
  return (
    <form className="open-room" onSubmit={submit}>
      <input
        value={name}
        onChange={(event) => setName(event.target.value)}
        maxLength={limits.roomName}
        placeholder="Open or create a room"
        aria-label="Open or create a room"
        autoComplete="off"
        required
      />
      <button type="submit" className="button-icon" aria-label="Open the room" title="Open the room">
        <PlusIcon />
      </button>
    </form>
  );
}
