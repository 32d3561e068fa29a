/** A browser has six connections to a server over HTTP/1.1, in all its tabs together: two are left for what goes up. */
const maxPlaces = 4;

/** Gives a place back. */
export type Place = () => void;

interface Page {
  readonly nextHopProtocol: string;
}

/**
 * Takes one of the places for requests that wait, which all tabs of a site share.
 *
 * Outside of a page, over HTTP/2, and where there are no locks (Web Locks API), there is always one. A tab that ends gives
 * its own back.
 *
 * @returns `undefined` when none is free.
 */
export async function takePlace(host: string): Promise<Place | undefined> {
  const { navigator, performance } = globalThis as Partial<typeof globalThis>;
  const locks = navigator?.locks;
  if (locks === undefined) return ignore;
  const [page] = (performance?.getEntriesByType("navigation") ?? []) as unknown as readonly Page[];
  if (page === undefined || /^h[23]/.test(page.nextHopProtocol)) return ignore;
  for (let i = 0; i < maxPlaces; i += 1) {
    const place = await lock(locks, `solent ${host} ${i}`);
    if (place !== undefined) return place;
  }
  return undefined;
}

function lock(locks: LockManager, name: string): Promise<Place | undefined> {
  return new Promise((resolve) => {
    const held = (got: Lock | null): Promise<void> | undefined => {
      if (got !== null) return new Promise((release) => resolve(release));
      resolve(undefined);
      return undefined;
    };
    // A page that is being left may have no locks any more.
    locks.request(name, { ifAvailable: true }, held).catch(() => resolve(ignore));
  });
}

function ignore(): void {}
