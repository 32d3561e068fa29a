import { Dialog } from "../controls/dialog.tsx";
import { addressOf } from "../place-address.ts";
import { PeopleSearch } from "./people-search.tsx";

/** Finds somebody to write to. */
export function FindPeopleDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Write to somebody" onClose={onClose}>
      {(close) => (
        <div className="dialog-body">
          <PeopleSearch label="Find people">
            {(name) => (
              <a className="button-plain" href={addressOf({ kind: "direct", name })} onClick={close}>
                Write<span className="only-heard"> to {name}</span>
              </a>
            )}
          </PeopleSearch>
          <div className="dialog-buttons">
            <button type="button" className="button-plain" onClick={close}>
              Close
            </button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
