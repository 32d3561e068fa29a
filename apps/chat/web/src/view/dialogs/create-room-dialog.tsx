import { useState } from "react";
import { limits } from "../../../../contract/limits.ts";
import { roomPattern, roomSlug } from "../../../../contract/spelling.ts";
import { useChat } from "../chat-context.ts";
import { FormDialog } from "../controls/form-dialog.tsx";
import { addressOf } from "../place-address.ts";

/** What the dialog begins with. */
export interface CreateRoomDialogProps {
  readonly name?: string;
  readonly onClose: () => void;
}

/** Makes a room. */
export function CreateRoomDialog({ name: givenName = "", onClose }: CreateRoomDialogProps) {
  const { model } = useChat();
  const [name, setName] = useState(givenName);
  const [topic, setTopic] = useState("");
  const [isPrivate, setIsPrivate] = useState(false);
  const slug = roomSlug(name);
  const create = async (): Promise<string> => {
    if (!roomPattern.test(slug) || slug.length > limits.roomName) {
      return `A room's name is letters and digits, at most ${limits.roomName}.`;
    }
    const problem = await model.site.createRoom({ name: slug, topic: topic.trim(), isPrivate });
    if (problem === "") location.hash = addressOf({ kind: "room", name: slug });
    return problem;
  };
  return (
    <FormDialog
      title="Create a room"
      action="Create"
      canSubmit={name.trim() !== ""}
      onSubmit={create}
      onClose={onClose}
    >
      {(problemId) => (
        <>
          <label htmlFor="room-name">Name</label>
          <input
            id="room-name"
            value={name}
            onChange={(event) => setName(event.target.value)}
            maxLength={limits.roomName}
            autoComplete="off"
            aria-describedby={`room-name-hint ${problemId}`}
            required
          />
          <p id="room-name-hint" className="field-hint">
            {slug === "" || slug === name ? "Letters and digits, with hyphens between words." : `It will be #${slug}.`}
          </p>
          <label htmlFor="room-topic">Topic, if you like</label>
          <input
            id="room-topic"
            value={topic}
            onChange={(event) => setTopic(event.target.value)}
            maxLength={limits.topic}
            autoComplete="off"
          />
          <label className="check">
            <input type="checkbox" checked={isPrivate} onChange={(event) => setIsPrivate(event.target.checked)} />
            <span>
              Private
              <small>Only those who are invited know of it.</small>
            </span>
          </label>
        </>
      )}
    </FormDialog>
  );
}
