import { useState } from "react";
import { limits } from "../../../../contract/limits.ts";
import { useChat } from "../chat-context.ts";
import { FormDialog } from "../controls/form-dialog.tsx";

/** Which room it is about. */
export interface TopicDialogProps {
  readonly room: string;
  readonly topic: string;
  readonly onClose: () => void;
}

/** Changes what a room is about. */
export function TopicDialog({ room, topic: before, onClose }: TopicDialogProps) {
  const { model } = useChat();
  const [topic, setTopic] = useState(before);
  return (
    <FormDialog
      title={`Topic of #${room}`}
      action="Save"
      onSubmit={async () => model.rooms.get(room)?.describe(topic.trim()) ?? "You are not in this room any more."}
      onClose={onClose}
    >
      {(problemId) => (
        <>
          <label htmlFor="topic">What this room is about</label>
          <input
            id="topic"
            value={topic}
            onChange={(event) => setTopic(event.target.value)}
            maxLength={limits.topic}
            autoComplete="off"
            aria-describedby={problemId}
          />
        </>
      )}
    </FormDialog>
  );
}
