import { type KeyboardEvent, type SubmitEvent, useEffect, useRef } from "react";
import { limits } from "../../../contract/limits.ts";
import type { ChatModel } from "../model/chat-model.ts";
import type { Conversation } from "../model/conversation.ts";
import { SendIcon } from "./icons.tsx";

/** What the box needs. */
export interface ComposerProps {
  readonly conversation: Conversation;
  readonly isLive: boolean;
  readonly model: ChatModel;
}

/** How many characters before the limit the box begins to count. */
const countFrom = 100;

/** The box to write in. Enter sends, Shift+Enter begins a line; what is written stays while it cannot be sent. */
export function Composer({ conversation, isLive, model }: ComposerProps) {
  const { kind, name, draft } = conversation;
  const field = useRef<HTMLTextAreaElement>(null);
  const left = limits.text - draft.trim().length;
  const canSend = isLive && draft.trim() !== "" && left >= 0;

  // On a phone the keyboard would cover what one came to read.
  useEffect(() => {
    if (matchMedia("(min-width: 45rem)").matches) field.current?.focus();
  }, []);

  const send = (): void => {
    if (canSend) model.send(conversation);
    field.current?.focus();
  };
  const keyDown = (event: KeyboardEvent): void => {
    // An input method uses Enter for itself while it composes.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    send();
  };
  const label = kind === "room" ? `Message to #${name}` : `Message to ${name}`;
  return (
    <form className="composer" onSubmit={submit}>
      <div className="composer-box">
        <textarea
          ref={field}
          rows={1}
          value={draft}
          onChange={(event) => model.write(conversation, event.target.value)}
          onKeyDown={keyDown}
          aria-label={label}
          aria-describedby="composer-note"
          placeholder={label}
          enterKeyHint="send"
        />
        <button type="submit" className="button-send" aria-disabled={!canSend} aria-label="Send" title="Send">
          <SendIcon />
        </button>
      </div>
      <p id="composer-note" className="composer-note" data-problem={left < 0}>
        {noteFor(isLive, left)}
      </p>
    </form>
  );
}

function noteFor(isLive: boolean, left: number): string {
  if (left < 0) return `${-left} characters too many`;
  if (!isLive) return "You can send this when you are live again.";
  return left <= countFrom ? `${left} characters left` : "";
}
