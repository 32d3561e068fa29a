import type { Toast } from "../../model/chat-state.ts";
import { IconButton } from "./icon-button.tsx";
import { CloseIcon } from "./icons.tsx";

/** The notices, and how one is taken away. */
export interface ToastsProps {
  readonly toasts: readonly Toast[];
  readonly onDismiss: (id: number) => void;
}

/** Short notices that go away by themselves. */
export function Toasts({ toasts, onDismiss }: ToastsProps) {
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, text }) => (
        <div key={id} className="toast">
          <span>{text}</span>
          <IconButton label="Dismiss the notice" onClick={() => onDismiss(id)}>
            <CloseIcon />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
