import { isDeepStrictEqual } from 'node:util';
import type { Step } from '../checklist.ts';
import type { Ground } from '../ground.ts';
import { knownLimitations, LIMITATIONS_DOCUMENT } from '../limitations.ts';
import type { Standing } from '../space.ts';

export const limitations: Step<Ground> = {
  id: 'limitations',
  title: 'Known limitations',
  run: async (_, notes) => {
    const known = knownLimitations();
    notes.show(LIMITATIONS_DOCUMENT, known.map((one) => `- ${one}`).join('\n'));
    return `${known.length}, as ${LIMITATIONS_DOCUMENT} has them`;
  },
};

const NOTHING: Standing = { topics: [], groups: [], queue: null, redis_keys: 0, collections: [] };

/** Whatever became of the others: everything that the run made goes, and that it is gone is looked at. */
export const takeDown: Step<Ground> = {
  id: 'take-down',
  title: 'Take down: processes ended, and nothing left on the servers',
  run: async (ground, notes) => {
    const { space } = ground.parts;
    notes.doing('ending API and worker');
    await ground.end();
    notes.doing('removing topics, groups, queue, keys and database');
    await space.remove();
    const left = await ground.until('nothing is left', async () => {
      const found = await space.look();
      return isDeepStrictEqual(found, NOTHING) ? found : null;
    });
    notes.show('left on the servers', left);
    return 'topics, groups, queue, keys and database are gone';
  },
};
