import { FormDialog } from "../controls/form-dialog.tsx";

/** What is asked. */
export interface ConfirmDialogProps {
  readonly title: string;
  readonly text: string;
  /** What the button that does it is called. */
  readonly action: string;
  /** Does it. Answers what the problem is, in words, or nothing. */
  readonly onConfirm: () => Promise<string>;
  readonly onClose: () => void;
}

/** Asks before something that cannot be taken back. */
export function ConfirmDialog({ title, text, action, onConfirm, onClose }: ConfirmDialogProps) {
  return (
    <FormDialog title={title} action={action} isDangerous onSubmit={onConfirm} onClose={onClose}>
      {() => <p className="dialog-text">{text}</p>}
    </FormDialog>
  );
}
