import type { ReactNode, Ref } from "react";

/** What a button without words shows and does. */
export interface IconButtonProps {
  /** What it does: heard, and shown when one points at it. */
  readonly label: string;
  readonly onClick: () => void;
  /** The icon. */
  readonly children: ReactNode;
  readonly className?: string;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button that is an icon. */
export function IconButton({ label, onClick, children, className = "button-icon", ref }: IconButtonProps) {
  return (
    <button ref={ref} type="button" className={className} aria-label={label} title={label} onClick={onClick}>
      {children}
    </button>
  );
}
