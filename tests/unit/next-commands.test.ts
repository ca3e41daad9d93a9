import { expect, it } from 'vitest';
import { startRollout } from '../../src/core/rollout/advance.ts';
import { nextCommands } from '../../src/flows/next-commands.ts';
import type { PastRollout } from '../../src/journal/read-rollout.ts';
import { blueGreen } from './rollout/samples.ts';

const quiet = { locked: false, hasIdle: true, isWaiting: false };
const firstOf = (more: Partial<PastRollout['state']>, ended: Pick<PastRollout, 'concluded' | 'word'>) => {
  const { state } = startRollout({ ...blueGreen(), verb: 'release' });
  return nextCommands({ state: { ...state, ...more }, ...ended }, quiet)[0];
};

it.each([
  ['GO', /^npm run release -- --release/],
  ['HOLD', /^npm run release -- --resume /],
  ['NO-GO', /^npm run rollback -- --reason /],
  [undefined, /^npm run release -- --resume .* report$/],
] as const)('a release with all traffic whose report has %s: the first command', (word, first) => {
  const ended = word === undefined ? { concluded: false } : { concluded: true, word };
  expect(firstOf({ phase: 'promoted' }, ended)).toMatch(first);
});

it('a release that was rolled back needs nothing', () => {
  expect(firstOf({ phase: 'rolled-back' }, { concluded: true, word: 'NO-GO' })).toMatch(
    /^npm run release -- --release/,
  );
});
