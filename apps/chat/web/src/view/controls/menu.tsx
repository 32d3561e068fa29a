import { type KeyboardEvent, type ReactNode, type ToggleEvent, useId, useRef } from "react";

/** One thing that can be chosen. */
export interface MenuItem {
  readonly label: string;
  readonly icon: ReactNode;
  readonly onSelect: () => void;
  readonly isDangerous?: boolean;
}

/** A button and what it offers. */
export interface MenuProps {
  /** What the button is called. */
  readonly label: string;
  /** What the button shows. */
  readonly children: ReactNode;
  readonly items: readonly MenuItem[];
  readonly className?: string;
}

/** A button that opens a menu. The browser closes it, on Escape or a press elsewhere, and gives the focus back. */
export function Menu({ label, children, items, className = "button-icon" }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const toggled = (event: ToggleEvent): void => {
    if (event.newState === "open") menu.current?.querySelector("button")?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        popoverTarget={id}
      >
        {children}
      </button>
      <div
        ref={menu}
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        className="menu"
        onBeforeToggle={() => button.current && menu.current && placeBeside(menu.current, button.current)}
        onToggle={toggled}
        onKeyDown={(event) => moveFocus(event)}
      >
        {items.map(({ label: itemLabel, icon, onSelect, isDangerous }) => (
          <button
            key={itemLabel}
            type="button"
            role="menuitem"
            tabIndex={-1}
            data-dangerous={isDangerous}
            onClick={() => {
              // First, so that a dialog that opens next gives the focus back to the menu's button.
              menu.current?.hidePopover();
              onSelect();
            }}
          >
            {icon}
            {itemLabel}
          </button>
        ))}
      </div>
    </>
  );
}

// Towards the side on which there is more room.
function placeBeside(menu: HTMLElement, button: HTMLElement): void {
  const { top, bottom, left, right } = button.getBoundingClientRect();
  const isBelow = top < innerHeight / 2;
  const isRight = left < innerWidth / 2;
  menu.style.top = isBelow ? `${bottom + 4}px` : "auto";
  menu.style.bottom = isBelow ? "auto" : `${innerHeight - top + 4}px`;
  menu.style.left = isRight ? `${left}px` : "auto";
  menu.style.right = isRight ? "auto" : `${document.documentElement.clientWidth - right}px`;
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll("button")];
  const at = items.findIndex((item) => item === document.activeElement);
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: items.length - 1,
  };
  const to = steps[event.key];
  if (event.key === "Tab") event.currentTarget.hidePopover();
  if (to === undefined) return;
  event.preventDefault();
  items[(to + items.length) % items.length]?.focus();
}
