import { type ReactNode, useEffect, useId, useRef } from "react";

/** What a dialog shows. */
export interface DialogProps {
  readonly title: string;
  /** Called when it has closed, however that happened. */
  readonly onClose: () => void;
  /** Gets what closes it. */
  readonly children: (close: () => void) => ReactNode;
}

/** A dialog that is open as long as it is on the page. The browser keeps the focus in it and gives it back. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children(() => dialog.current?.close())}
    </dialog>
  );
}
