import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseObjectives } from '../../src/config/slo-file.ts';
import type { AlertEvidence, AlertRule, AlertsEvidence } from '../../src/core/alerts.ts';
import { displayVersion, noveltyOf } from '../../src/core/crashes.ts';
import { judgeAlerts } from '../../src/core/judge/alerts.ts';
import { judgeTracked } from '../../src/core/judge/tracked.ts';
import type { ReleaseEvidence, TrackedRelease } from '../../src/core/tracked-release.ts';
import { monitoringEvidenceSchema } from '../../src/journal/monitoring-schema.ts';

const objectives = parseObjectives(
  'slo.yaml',
  readFileSync(join(import.meta.dirname, '../../config/slo.yaml'), 'utf8'),
);
const sha = '2222222222222222222222222222222222222222';
const release: TrackedRelease = {
  version: 'freetask@1.5.0',
  projects: ['api'],
  dateCreated: '2026-11-26T02:00:00Z',
  dateReleased: null,
  commitCount: 3,
  lastCommit: sha,
};
const tracked: ReleaseEvidence & { readonly release: TrackedRelease } = {
  kind: 'tracked-release',
  project: 'api',
  version: 'freetask@1.5.0',
  startedAt: '2026-11-26T02:00:00.000Z',
  readAt: '2026-11-26T02:00:01.000Z',
  commits: { repository: 'freetask/app', method: 'range', folder: '/repository', sha },
  outcome: { done: true, summary: 'created' },
  release,
  files: [],
  problems: [],
};
const changed = (more: Partial<TrackedRelease>): ReleaseEvidence => ({ ...tracked, release: { ...release, ...more } });
const { release: _, ...unread } = tracked;
const { lastCommit: __, ...withoutLast } = release;

describe('the Sentry release (1.4a)', () => {
  it.each<[string, ReleaseEvidence, string, string]>([
    ['whole', tracked, 'pass', '3 commits up to 2222222222, created with its start at 2026-11-26T02:00:00Z'],
    ['with its start', changed({ dateStarted: '2026-11-26T01:59:00Z' }), 'pass', 'started 2026-11-26T01:59:00Z'],
    ['one commit', changed({ commitCount: 1 }), 'pass', '1 commit up to'],
    ['no commits', changed({ commitCount: 0 }), 'inconclusive', 'shallow clone'],
    ['no last commit', { ...tracked, release: withoutLast }, 'inconclusive', 'does not return the last commit'],
    [
      'another last commit',
      changed({ lastCommit: '3'.repeat(40) }),
      'fail',
      'is 3333333333, and its tag is 2222222222',
    ],
    ['another project', changed({ projects: ['app'] }), 'fail', 'not one of the project api'],
    ['another release', changed({ version: 'freetask@1.4.0' }), 'error', 'answered for the release freetask@1.4.0'],
    ['started in the future', changed({ dateStarted: '2026-11-26T04:00:00Z' }), 'fail', 'in the future'],
    ['created in the future', changed({ dateCreated: '2026-11-26T04:00:00Z' }), 'fail', 'in the future'],
    ['clocks a little apart', changed({ dateCreated: '2026-11-26T02:00:30Z' }), 'pass', 'Sentry has'],
    ['not read back', unread, 'error', 'could not be read back'],
    ['no tag', { ...unread, problems: ['the repository /r has no tag x'] }, 'error', 'has no tag x.'],
    [
      'refused',
      { ...unread, outcome: { done: false, because: 'Sentry: 403', retry: false, uncertain: false } },
      'error',
      'Sentry: 403.',
    ],
  ])('%s', (_name, evidence, status, because) => {
    const judgement = judgeTracked(evidence);
    expect(judgement).toMatchObject({ id: 'sentry.release', clauses: ['1.4a'], status });
    expect(judgement.because).toContain(because);
  });

  it('that the target file turns off is not applicable, and one that it does not mention is required', () => {
    expect(judgeTracked({ off: 'no Sentry' })).toMatchObject({ reason: 'not-applicable', required: false });
    expect(judgeTracked({ missing: 'no `sentry`' })).toMatchObject({ reason: 'skipped', required: true });
  });
});

const rule = (more: Partial<AlertRule> = {}): AlertRule => ({
  id: '1',
  name: 'Server errors',
  measured: 'failure_rate()',
  query: '',
  thresholds: [{ direction: 'above', value: 0.005 }],
  inactive: [],
  unknown: [],
  firing: false,
  ...more,
});
const found = (
  source: AlertEvidence['source'],
  more: Partial<AlertRule>,
  candidates = [rule(more)],
): AlertEvidence => ({
  alert: 'server-errors',
  source,
  settings: {},
  candidates,
  readFrom: 'detectors',
});
const off = { off: 'not here' };
const alertsOf = (more: Partial<AlertsEvidence>): AlertsEvidence => ({
  found: [],
  unmeasured: { 'crash-free': off, 'payment-success': off },
  objectives: [],
  environment: 'staging',
  ...more,
});
const judged = (more: Partial<AlertsEvidence>, plan: Parameters<typeof judgeAlerts>[1] = objectives) => {
  const evidence = alertsOf(more);
  expect(monitoringEvidenceSchema.parse({ release: off, alerts: evidence }).alerts).toEqual(evidence);
  return judgeAlerts(evidence, plan);
};
const statusOf = (more: Partial<AlertsEvidence>, plan?: Parameters<typeof judgeAlerts>[1]) =>
  judged(more, plan).judgements.find(({ id }) => id === 'alert.server-errors')?.status;

describe('the alert rules (1.4b)', () => {
  it.each<[string, AlertEvidence[], string]>([
    ['one that is active', [found('sentry', {})], 'pass'],
    ['both services', [found('sentry', {}), found('prometheus', {})], 'pass'],
    ['one of two inactive', [found('sentry', {}), found('prometheus', { inactive: ['muted'] })], 'fail'],
    ['one of two unknown', [found('sentry', { unknown: ['not evaluated'] }), found('prometheus', {})], 'inconclusive'],
    [
      'one of two not read',
      [found('sentry', {}), { ...found('prometheus', {}, []), problem: 'it answered 503' }],
      'error',
    ],
    ['a fail before an error', [{ ...found('sentry', {}, []), problem: 'x' }, found('prometheus', {}, [])], 'fail'],
  ])('%s', (_name, all, status) => expect(statusOf({ found: all })).toBe(status));

  it('has the limits of the objectives file, and not others', () => {
    const strict = objectives.slos.map((slo) => (slo.event.kind === 'server-error' ? { ...slo, limit: 0.001 } : slo));
    expect(statusOf({ found: [found('sentry', {})] }, { slos: strict })).toBe('fail');
    // Those of the evidence are used where the plan has none of the kind.
    expect(statusOf({ found: [found('sentry', {})], objectives: objectives.slos }, { slos: [] })).toBe('pass');
    const { notChecked } = judged({ found: [found('sentry', {})] }, { slos: [] });
    expect(notChecked).toContainEqual(expect.objectContaining({ id: 'alert.server-errors', required: true }));
  });

  it('off, not mentioned, or of a kind that the target does not have: never a pass', () => {
    const missing = judged({ unmeasured: { 'server-errors': { missing: 'no `sentry`' } } });
    expect(missing.judgements).toEqual([]);
    expect(missing.notChecked.map(({ required }) => required)).toEqual([true, true, true]);
    const inapplicable = judged(
      { unmeasured: { 'crash-free': off, 'server-errors': off } },
      { ...objectives, inapplicable: { 'payment-success': 'the service takes no payments' } },
    );
    expect(inapplicable.notChecked).toContainEqual(
      expect.objectContaining({ id: 'alert.payment-success', required: false }),
    );
  });

  it('a rule that may be firing holds as one that is', () => {
    const { firing: _firing, ...silent } = rule();
    const { judgements } = judged({ found: [found('sentry', {}, [silent])] });
    expect(judgements.find(({ id }) => id === 'alerts.firing')).toMatchObject({ status: 'inconclusive' });
  });
});

describe('crashes', () => {
  it.each([
    [{ firstSeenVersion: '1.5.0', signals: [] }, 'new'],
    [{ firstSeenVersion: '1.4.0', signals: ['SIGNAL_FRESH', 'SIGNAL_REGRESSED'] }, 'new'],
    [{ firstSeenVersion: '1.4.0', signals: ['SIGNAL_REGRESSED'] }, 'regressed'],
    [{ firstSeenVersion: '1.4.0', signals: ['SIGNAL_REPETITIVE'] }, undefined],
  ])('%j is %s', (issue, novelty) => expect(noveltyOf(issue, '1.5.0')).toBe(novelty));

  it.each([
    ['{version} ({build})', 'freetask@1.5.0+45', '1.5.0 (45)'],
    ['{release}', 'freetask@1.5.0', 'freetask@1.5.0'],
    ['{version}', '1.5.0', '1.5.0'],
  ])('%s of %s is %s', (pattern, name, version) => expect(displayVersion(pattern, name)).toBe(version));
  it('a part that the release name does not have is a problem', () =>
    expect(displayVersion('{version} ({build})', 'freetask@1.5.0')).toHaveProperty('problem'));
});
