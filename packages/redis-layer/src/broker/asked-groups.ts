interface InPartition {
  readonly partition: number;
}

/** What the hub has asked for in each partition: what is lost, and may be asked for again, with its server. */
export class AskedGroups {
  readonly #perPartition: readonly Set<string>[];

  constructor(partitions: number) {
    this.#perPartition = Array.from({ length: partitions }, () => new Set<string>());
  }

  /** Adds groups, each in the partition of its place. */
  add(groups: readonly string[], places: readonly InPartition[]): void {
    for (const [i, group] of groups.entries()) this.#setOf(places[i])?.add(group);
  }

  delete(groups: readonly string[], places: readonly InPartition[]): void {
    for (const [i, group] of groups.entries()) this.#setOf(places[i])?.delete(group);
  }

  /** The groups of the partitions that are meant. */
  where(isMeant: (partition: number) => boolean): readonly string[] {
    return this.#perPartition.flatMap((groups, partition) =>
      groups.size > 0 && isMeant(partition) ? [...groups] : [],
    );
  }

  #setOf(place: InPartition | undefined): Set<string> | undefined {
    return place && this.#perPartition[place.partition];
  }
}
