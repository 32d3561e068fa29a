import { useState } from "react";
import type { OwnRoom } from "../../model/links/site-link.ts";
import { useChat } from "../chat-context.ts";
import { IconButton } from "../controls/icon-button.tsx";
import { PlusIcon } from "../controls/icons.tsx";
import { RoomMark } from "../controls/room-mark.tsx";
import { CreateRoomDialog } from "../dialogs/create-room-dialog.tsx";
import { Invitation } from "./invitation.tsx";
import { PlaceLink } from "./place-link.tsx";

/** The rooms: those one is invited to, those one is in, and those one may join. */
export function RoomList() {
  const { rooms } = useChat().state;
  const [isCreating, setIsCreating] = useState(false);
  const sorted = [...rooms.values()].toSorted((one, other) => one.room.name.localeCompare(other.room.name));
  const of = (membership: OwnRoom["membership"]): readonly OwnRoom[] =>
    sorted.filter((own) => own.membership === membership);
  const open = of("none");
  return (
    <>
      <section>
        <header className="list-header">
          <h2>Rooms</h2>
          <IconButton label="Create a room" onClick={() => setIsCreating(true)}>
            <PlusIcon />
          </IconButton>
        </header>
        <ul>
          {of("invited").map(({ room }) => (
            <Invitation key={room.name} room={room} />
          ))}
          {of("member").map((own) => (
            <RoomLine key={own.room.name} own={own} />
          ))}
        </ul>
      </section>
      {open.length > 0 && (
        <section>
          <header className="list-header">
            <h2>Rooms to join</h2>
          </header>
          <ul>
            {open.map((own) => (
              <RoomLine key={own.room.name} own={own} />
            ))}
          </ul>
        </section>
      )}
      {isCreating && <CreateRoomDialog onClose={() => setIsCreating(false)} />}
    </>
  );
}

function RoomLine({ own: { room, membership } }: { readonly own: OwnRoom }) {
  const { name, people, isPrivate } = room;
  return (
    <li>
      <PlaceLink
        place={{ kind: "room", name }}
        isIn={membership === "member"}
        mark={<RoomMark isPrivate={isPrivate} />}
        note={
          people > 0 && (
            <span className="place-note" title={`${people} here`}>
              {people}
              <span className="only-heard"> here</span>
            </span>
          )
        }
      />
    </li>
  );
}
