import { type SubmitEvent, useRef, useState } from "react";
import { limits } from "../../../contract/limits.ts";
import type { ChatModel } from "../model/chat-model.ts";
import { MegaphoneIcon } from "./icons.tsx";

/** What the button needs. */
export interface AnnounceButtonProps {
  readonly model: ChatModel;
  readonly isLive: boolean;
}

/** Opens the dialog in which the admin writes to everybody. */
export function AnnounceButton({ model, isLive }: AnnounceButtonProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    model.announce(text.trim());
    setText("");
    dialog.current?.close();
  };
  return (
    <>
      <button type="button" className="button-announce" onClick={() => dialog.current?.showModal()}>
        <MegaphoneIcon />
        Announce
      </button>
      <dialog ref={dialog} className="dialog" aria-labelledby="announce-title">
        <form onSubmit={submit}>
          <h2 id="announce-title">Announce to everybody</h2>
          <label htmlFor="announcement">It appears on every page that is open now.</label>
          <textarea
            id="announcement"
            rows={4}
            maxLength={limits.text}
            value={text}
            onChange={(event) => setText(event.target.value)}
            required
          />
          <div className="dialog-buttons">
            <button type="button" className="button-plain" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
            <button type="submit" className="button-primary" disabled={!isLive || text.trim() === ""}>
              Announce
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
