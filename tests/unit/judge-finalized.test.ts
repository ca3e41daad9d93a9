import { describe, expect, it } from 'vitest';
import { judgeFinalized } from '../../src/core/judge/finalized.ts';
import { deployName, type FinalizeEvidence } from '../../src/core/tracked-release.ts';
import { finalizeSchema } from '../../src/journal/tracked-schema.ts';

const deployed = {
  runId: '20261126-020000-release-green-ab12',
  release: 'freetask@1.5.0',
  environment: 'staging',
  startedAt: '2026-11-26T02:00:00.123Z',
  finishedAt: '2026-11-26T02:31:00.456Z',
};
const release = {
  version: deployed.release,
  projects: ['api'],
  dateCreated: '2026-11-26T01:00:00Z',
  dateReleased: '2026-11-26T02:31:02Z',
  commitCount: 3,
};
const deploy = {
  environment: 'staging',
  name: deployName(deployed.runId),
  dateStarted: '2026-11-26T02:00:00Z',
  dateFinished: '2026-11-26T02:31:00Z',
  url: null,
};
const whole: FinalizeEvidence = {
  kind: 'finalize',
  deployed,
  outcome: { done: true, summary: 'done' },
  release,
  deploy,
  files: [],
  problems: [],
};
const { deploy: _, ...withoutDeploy } = whole;
const { release: __, ...withoutRelease } = whole;

describe('the finished deploy (3.3a) is judged by what was read back', () => {
  it.each<[string, FinalizeEvidence, string, string]>([
    ['all of it', whole, 'pass', 'with start and end'],
    ['not finalized', { ...whole, release: { ...release, dateReleased: null } }, 'inconclusive', 'not finalized'],
    ['another release', { ...whole, release: { ...release, version: 'freetask@1.4.0' } }, 'inconclusive', '1.4.0'],
    ['no deploy', withoutDeploy, 'inconclusive', 'lists no deploy "Shiproom 20261126-020000-release-green-ab12"'],
    [
      "another run's deploy",
      { ...whole, deploy: { ...deploy, name: 'Shiproom x' } },
      'inconclusive',
      'lists no deploy',
    ],
    ['no end', { ...whole, deploy: { ...deploy, dateFinished: null } }, 'inconclusive', 'without its start or its end'],
    [
      'another start',
      { ...whole, deploy: { ...deploy, dateStarted: '2026-11-26T02:20:00Z' } },
      'inconclusive',
      'lasted',
    ],
    ['not read back', withoutRelease, 'error', 'could not be read back'],
    [
      'not done',
      { ...withoutRelease, outcome: { done: false, because: 'Sentry: 503', retry: true, uncertain: true } },
      'error',
      'Sentry: 503.',
    ],
    ['a problem', { ...whole, problems: ['it was cut off'] }, 'error', 'it was cut off.'],
  ])('%s', (_name, evidence, status, because) => {
    expect(finalizeSchema.parse(evidence)).toEqual(evidence);
    const judgement = judgeFinalized(evidence);
    expect(judgement).toMatchObject({ id: 'sentry.deploy', clauses: ['3.3a'], status });
    expect(judgement.because).toContain(because);
  });
});
