import { expect, it } from 'vitest';
import type { AnnouncementFacts } from '../../../src/core/announcement.ts';
import type { RunResult } from '../../../src/core/run-result.ts';
import { followRelease } from '../../../src/flows/release/follow-release.ts';

it.each([
  ['HOLD', undefined, 'npm run release -- --target config/x.yaml --resume'],
  ['NO-GO', 'rollback-failed', 'npm run release -- --target config/x.yaml --abort, once what it names is repaired'],
  ['GO', 'promoted', undefined],
] as const)('%s, %s: the command in the message is for the target of the release', async (word, phase, next) => {
  const concluded: AnnouncementFacts[] = [];
  const announcer = {
    update: () => undefined,
    stage: () => undefined,
    conclude: async (facts: AnnouncementFacts) => {
      concluded.push(facts);
      return { kind: 'announcement', state: 'off', because: 'not sent' } as const;
    },
    state: () => ({}),
    [Symbol.asyncDispose]: async () => undefined,
  };
  const announced = { runId: 'r1', release: 'a@2', target: 'x', startedAt: '2026-11-26T00:00:00Z', slos: [] };
  const how = { judged: [], now: () => '2026-11-26T00:00:00Z', targetArgument: 'config/x.yaml' };
  const rollout = phase && { strategy: 'blue-green' as const, release: 'a@2', phase };
  const result: Partial<RunResult> = {
    verdict: { word, because: 'why', decidedBy: [] },
    judgements: [],
    notChecked: [],
    finishedAt: '2026-11-26T00:01:00Z',
    ...(rollout ? { rollout } : {}),
  };
  await followRelease(announced, announcer, how).conclude(result as RunResult);
  expect(concluded[0]?.next).toBe(next);
});
