import { useState } from "react";
import { limits } from "../../../../contract/limits.ts";
import { useChat } from "../chat-context.ts";
import { FormDialog } from "../controls/form-dialog.tsx";

/** In it the admin writes to everybody. */
export function AnnounceDialog({ onClose }: { readonly onClose: () => void }) {
  const { model } = useChat();
  const [text, setText] = useState("");
  return (
    <FormDialog
      title="Announce to everybody"
      action="Announce"
      canSubmit={text.trim() !== ""}
      onSubmit={() => model.site.announce(text.trim())}
      onClose={onClose}
    >
      {(problemId) => (
        <>
          <label htmlFor="announcement">Everybody on the site sees it, now or when they come within a day.</label>
          <textarea
            id="announcement"
            rows={4}
            maxLength={limits.text}
            value={text}
            onChange={(event) => setText(event.target.value)}
            aria-describedby={problemId}
            required
          />
        </>
      )}
    </FormDialog>
  );
}
