import { type KeyboardEvent, type SubmitEvent, useEffect, useRef, useState } from "react";
import { limits } from "../../../../contract/limits.ts";
import type { Line } from "../../../../contract/words.ts";
import type { Conversation } from "../../model/conversation/conversation.ts";
import type { ConversationModel } from "../../model/conversation/conversation-model.ts";
import { titleOf } from "../../model/place.ts";
import { useChat } from "../chat-context.ts";
import { IconButton } from "../controls/icon-button.tsx";
import { CloseIcon, SendIcon } from "../controls/icons.tsx";
import { noteFor } from "./composer-note.ts";

/** What the box needs. Another line to edit is another box: give it a key. */
export interface ComposerProps {
  readonly conversation: Conversation;
  readonly conversationModel: ConversationModel;
  readonly isLive: boolean;
  /** The own line that is being changed, instead of writing a new one. */
  readonly editing: Line | undefined;
  readonly onEdit: (line: Line) => void;
  readonly onEdited: () => void;
}

/** The box to write in. Enter sends, Shift+Enter begins a line, and ArrowUp in an empty box edits the last own line. */
export function Composer(props: ComposerProps) {
  const { conversation, editing, onEdit, onEdited } = props;
  const { me } = useChat().state;
  const field = useRef<HTMLTextAreaElement>(null);
  const { text, setText, send, canSend, note, isProblem } = useComposing(props);

  // On a phone the keyboard would cover what one came to read; but editing is writing.
  useEffect(() => {
    if (editing === undefined && !matchMedia("(min-width: 45rem)").matches) return;
    field.current?.focus();
    field.current?.setSelectionRange(field.current.value.length, field.current.value.length);
  }, [editing]);

  const editLast = (): void => {
    const own = conversation.window.lines.findLast(({ from, state }) => from === me.name && state !== "deleted");
    if (own !== undefined) onEdit(own);
  };
  const keyDown = (event: KeyboardEvent): void => {
    // An input method uses these keys for itself while it composes.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape" && editing !== undefined) onEdited();
    else if (event.key === "ArrowUp" && text === "" && editing === undefined) editLast();
    else if (event.key === "Enter" && !event.shiftKey) send();
    else return;
    event.preventDefault();
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    send();
    field.current?.focus();
  };
  const label = editing === undefined ? `Message to ${titleOf(conversation)}` : "Edit your message";
  return (
    <form className="composer" onSubmit={submit}>
      {editing !== undefined && <EditingBar onCancel={onEdited} />}
      <div className="composer-box">
        <textarea
          ref={field}
          rows={1}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={keyDown}
          aria-label={label}
          aria-describedby="composer-note"
          placeholder={label}
          enterKeyHint={editing === undefined ? "send" : "done"}
        />
        <button
          type="submit"
          className="button-send"
          aria-disabled={!canSend}
          aria-label={editing === undefined ? "Send" : "Save"}
          title={editing === undefined ? "Send" : "Save"}
        >
          <SendIcon />
        </button>
      </div>
      <p id="composer-note" className="composer-note" data-problem={isProblem} role="status">
        {note}
      </p>
    </form>
  );
}

interface Composing {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly send: () => void;
  readonly canSend: boolean;
  readonly note: string;
  readonly isProblem: boolean;
}

// A new message is the conversation's draft, and waits where it cannot be sent. A change is sent now or not at all.
function useComposing({ conversation, conversationModel, isLive, editing, onEdited }: ComposerProps): Composing {
  const [edited, setEdited] = useState(editing?.text ?? "");
  const [problem, setProblem] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const text = editing === undefined ? conversation.draft : edited;
  const left = limits.text - text.trim().length;
  const canSend = text.trim() !== "" && left >= 0 && !isBusy && (isLive || editing === undefined);
  const save = (line: Line): void => {
    if (text.trim() === line.text) return onEdited();
    setIsBusy(true);
    void conversationModel
      .edit(line.id, text.trim())
      .then((answer) => (answer === "" ? onEdited() : setProblem(answer)))
      .finally(() => setIsBusy(false));
  };
  const send = (): void => {
    if (!canSend) return;
    if (editing !== undefined) return save(editing);
    setProblem(conversationModel.say(text.trim()) ? "" : "Too many messages wait already.");
  };
  return {
    text,
    setText: (written) => {
      setProblem("");
      if (editing === undefined) conversationModel.write(written);
      else setEdited(written);
    },
    send,
    canSend,
    note: problem === "" ? noteFor({ left, isLive, isEditing: editing !== undefined }) : problem,
    isProblem: problem !== "" || left < 0,
  };
}

function EditingBar({ onCancel }: { readonly onCancel: () => void }) {
  return (
    <div className="editing-bar">
      <span>Editing your message</span>
      <IconButton label="Stop editing" onClick={onCancel}>
        <CloseIcon />
      </IconButton>
    </div>
  );
}
