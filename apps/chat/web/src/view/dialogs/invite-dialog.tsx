import { useState } from "react";
import { useChat } from "../chat-context.ts";
import { Dialog } from "../controls/dialog.tsx";
import { PeopleSearch } from "./people-search.tsx";

/** Which room it is about. */
export interface InviteDialogProps {
  readonly room: string;
  readonly onClose: () => void;
}

/** Invites people to a room. */
export function InviteDialog({ room, onClose }: InviteDialogProps) {
  const { model, state } = useChat();
  const [invited, setInvited] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState("");
  const here = state.roomPeople.get(room) ?? [];
  const invite = (name: string): void => {
    void model.rooms
      .get(room)
      ?.invite(name)
      .then((answer) => {
        setProblem(answer);
        if (answer === "") setInvited((names) => new Set(names).add(name));
      });
  };
  return (
    <Dialog title={`Invite to #${room}`} onClose={onClose}>
      {(close) => (
        <div className="dialog-body">
          <PeopleSearch label="Whom do you want to invite?">
            {(name) =>
              here.includes(name) || invited.has(name) ? (
                <span className="found-done">{invited.has(name) ? "Invited" : "In the room"}</span>
              ) : (
                <button type="button" className="button-plain" onClick={() => invite(name)}>
                  Invite<span className="only-heard"> {name}</span>
                </button>
              )
            }
          </PeopleSearch>
          <p className="field-problem" role="alert">
            {problem}
          </p>
          <div className="dialog-buttons">
            <button type="button" className="button-primary" onClick={close}>
              Done
            </button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
