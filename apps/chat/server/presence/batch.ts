/** Connections whose coming or going is noted together, and the promise of everybody who waits for that. */
export interface WaitingBatch {
  readonly connections: Set<string>;
  readonly done: Promise<void>;
  readonly resolve: (told: Promise<void>) => void;
  readonly reject: (error: unknown) => void;
}

/** An empty batch. */
export function waitingBatch(): WaitingBatch {
  let resolve!: WaitingBatch["resolve"];
  let reject!: WaitingBatch["reject"];
  const done = new Promise<void>((...both) => ([resolve, reject] = both));
  return { connections: new Set(), done, resolve, reject };
}
