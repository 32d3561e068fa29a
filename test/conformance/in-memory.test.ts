import { InMemoryChannelLayer } from "@solent/core/layer";
import { conformanceSkip, layerConformance } from "@solent/core/testing";
import { describe, test } from "vitest";

const { capabilities } = new InMemoryChannelLayer();

describe("InMemoryChannelLayer", () => {
  for (const conformanceCase of layerConformance) {
    const skip = conformanceSkip(conformanceCase, { nodes: false, capabilities });
    if (skip !== undefined) {
      test.skip(`${skip.name} [${skip.reason}]`);
      continue;
    }
    test(conformanceCase.name, async () => {
      const made: InMemoryChannelLayer[] = [];
      try {
        await conformanceCase.run({
          async layers(count, options) {
            made.push(...Array.from({ length: count }, () => new InMemoryChannelLayer(options)));
            return made;
          },
          // Without a broker everything has arrived when the send returns.
          settle: () => Promise.resolve(),
        });
      } finally {
        for (const layer of made) await layer.close();
      }
    });
  }
});
