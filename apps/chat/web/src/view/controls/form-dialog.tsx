import type { ReactNode } from "react";
import { Dialog } from "./dialog.tsx";
import { useSubmit } from "./use-submit.ts";

/** What a dialog with a form shows and does. */
export interface FormDialogProps {
  readonly title: string;
  /** What the button that does it is called. */
  readonly action: string;
  readonly isDangerous?: boolean;
  readonly canSubmit?: boolean;
  /** Does it. Answers what the problem is, in words, or nothing: then the dialog closes. */
  readonly onSubmit: () => Promise<string>;
  readonly onClose: () => void;
  /** The fields; the id is that of the element that shows the problem. */
  readonly children: (problemId: string) => ReactNode;
}

/** A dialog in which something is filled in or confirmed. */
export function FormDialog(props: FormDialogProps) {
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      {(close) => <Form {...props} close={close} />}
    </Dialog>
  );
}

function Form({
  action,
  isDangerous = false,
  canSubmit = true,
  onSubmit,
  children,
  close,
}: FormDialogProps & { readonly close: () => void }) {
  const { submit, isBusy, problem, problemId } = useSubmit(onSubmit, close);
  return (
    <form onSubmit={submit}>
      {children(problemId)}
      <p id={problemId} className="field-problem" role="alert">
        {problem}
      </p>
      <div className="dialog-buttons">
        <button type="button" className="button-plain" onClick={close}>
          Cancel
        </button>
        <button
          type="submit"
          className={isDangerous ? "button-dangerous" : "button-primary"}
          disabled={isBusy || !canSubmit}
        >
          {action}
        </button>
      </div>
    </form>
  );
}
