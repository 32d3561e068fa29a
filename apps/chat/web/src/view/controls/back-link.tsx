import { BackIcon } from "./icons.tsx";

/** On a phone, the way back to the list. */
export function BackLink() {
  return (
    <a className="button-icon back" href="#/" aria-label="All conversations">
      <BackIcon />
    </a>
  );
}
