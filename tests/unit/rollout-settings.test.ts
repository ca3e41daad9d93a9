import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parseRolloutSettings } from '../../src/config/rollout-settings.ts';
import { sopJudge } from '../../src/core/rollout/settings.ts';
import { judgeSettingsSchema } from '../../src/journal/judge-schema.ts';

const text = readFileSync(resolve(import.meta.dirname, '../../config/rollout.yaml'), 'utf8');
const clusters = /clusters: \{.*\}/;

it('config/rollout.yaml has the defaults that older journals are read with', () => {
  expect(parseRolloutSettings('rollout.yaml', text).judge).toEqual(sopJudge);
});

it('a target changes the clusters of one kind', () => {
  const { judge } = parseRolloutSettings('rollout.yaml', text, { judge: { clusters: { payments: 2 } } });
  expect(judge.clusters).toEqual({ ...sopJudge.clusters, payments: 2 });
});

it.each([
  ['one number for all kinds', 'clusters: 2', 'a mean size for each kind of event: { errors: 2'],
  ['a size below 1', 'clusters: { errors: 0.5, payments: 1, latency: 1, sessions: 1 }', 'at least 1'],
])('%s is refused with its line', (_, wrong, why) => {
  const broken = text.replace(clusters, wrong);
  const line = broken.split('\n').findIndex((each) => each.includes(wrong)) + 1;
  expect(() => parseRolloutSettings('rollout.yaml', broken)).toThrow(`rollout.yaml:${line}`);
  expect(() => parseRolloutSettings('rollout.yaml', broken)).toThrow(why);
});

it('samples that are further apart than the longest one that counts are refused, whichever key says so', () => {
  const why = 'rollout.judge.sample.every: 5 s is longer than judge.sample.longest, 2 s';
  expect(() => parseRolloutSettings('rollout.yaml', text, { judge: { sample: { every: 5000 } } })).toThrow(why);
  expect(() => parseRolloutSettings('rollout.yaml', text, { judge: { sample: { longest: 500 } } })).toThrow('500 ms');
  const both = parseRolloutSettings('rollout.yaml', text, { judge: { sample: { every: 5000, longest: 5000 } } });
  expect(both.judge.sample).toEqual({ everyMs: 5000, longestMs: 5000 });
});

it('a journal with one number for all kinds is read', () => {
  const { clusters: read } = judgeSettingsSchema.parse({ ...sopJudge, clusters: 1.5 });
  expect(read).toEqual({ errors: 1.5, payments: 1.5, latency: 1.5, sessions: 1.5 });
});
