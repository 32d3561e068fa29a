import type { KeyValues } from "../model/kept/key-values.ts";

/** A storage of the browser, which may be full, or forbidden: then nothing is kept. */
export function browserValues(name: "localStorage" | "sessionStorage"): KeyValues {
  return {
    get: (key) => {
      try {
        return window[name].getItem(key) ?? undefined;
      } catch {
        return undefined;
      }
    },
    set: (key, text) => {
      try {
        if (text === undefined) window[name].removeItem(key);
        else window[name].setItem(key, text);
      } catch {
        // What cannot be kept lasts as long as the page.
      }
    },
    // Browsers tell this to the other tabs only, and of localStorage only.
    onChange: (listener) => {
      const hear = ({ key, storageArea }: StorageEvent): void => {
        if (key !== null && storageArea === window[name]) listener(key);
      };
      addEventListener("storage", hear);
      return () => removeEventListener("storage", hear);
    },
  };
}
