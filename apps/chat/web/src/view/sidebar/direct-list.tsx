import { useState } from "react";
import { keyOf } from "../../model/place.ts";
import { useChat } from "../chat-context.ts";
import { Avatar } from "../controls/avatar.tsx";
import { IconButton } from "../controls/icon-button.tsx";
import { PlusIcon } from "../controls/icons.tsx";
import { FindPeopleDialog } from "../dialogs/find-people-dialog.tsx";
import { PlaceLink } from "./place-link.tsx";

/** The direct conversations, the newest first, and the way to a new one. */
export function DirectList() {
  const { conversations, open, people } = useChat().state;
  const [isFinding, setIsFinding] = useState(false);
  const openKey = open === undefined ? "" : keyOf(open);
  const begun = [...conversations.values()]
    .filter((conversation) => conversation.kind === "direct")
    .filter(({ lastAt, pending, draft, ...place }) => {
      const isUsed = lastAt > 0 || pending.length > 0 || draft !== "";
      return isUsed || (keyOf(place) === openKey && place.problem === "");
    })
    .sort((one, other) => other.lastAt - one.lastAt || one.name.localeCompare(other.name));
  return (
    <section>
      <header className="list-header">
        <h2>Direct messages</h2>
        <IconButton label="Find people" onClick={() => setIsFinding(true)}>
          <PlusIcon />
        </IconButton>
      </header>
      {begun.length === 0 && (
        <button type="button" className="list-hint" onClick={() => setIsFinding(true)}>
          Find somebody to write to
        </button>
      )}
      <ul>
        {begun.map(({ kind, name }) => (
          <li key={name}>
            <PlaceLink
              place={{ kind, name }}
              isIn
              mark={
                <span className="place-person" data-online={people.includes(name)}>
                  <Avatar name={name} />
                </span>
              }
              note={!people.includes(name) && <span className="place-note">away</span>}
            />
          </li>
        ))}
      </ul>
      {isFinding && <FindPeopleDialog onClose={() => setIsFinding(false)} />}
    </section>
  );
}
