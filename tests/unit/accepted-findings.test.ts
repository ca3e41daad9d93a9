import { describe, expect, it } from 'vitest';
import type { JourneyStep, SmokeEvidence } from '../../src/core/evidence.ts';
import { acceptedListSchema } from '../../src/config/journey-schema.ts';
import { acceptJudgement, unmatchedEntries } from '../../src/core/judge/accepted.ts';
import { findingsOf } from '../../src/core/judge/findings.ts';
import { findingIds, smokeChecks } from '../../src/core/judge/journey.ts';
import { type Judgement, reachVerdict } from '../../src/core/verdict.ts';

const failed = (message = 'expected 201 to equal 409') => ({ ok: false, message });
const step = (name: string, ...assertions: { name: string; ok: boolean; message?: string }[]): JourneyStep => ({
  name,
  group: 'g',
  status: assertions.every(({ ok }) => ok) ? 'pass' : 'fail',
  durationMs: 1,
  method: 'POST',
  url: 'http://a/x',
  httpStatus: 201,
  requestIds: [`r-${name.length}`],
  assertions,
  attachments: [],
});
const good = step('Create a job', { name: 'status 201', ok: true });
const form = step('Log in', { name: 'the error names its field @form', ...failed() });
const money = step('Release twice @money', { name: 'status 409', ...failed() });
const access = step('Read a chat', { name: 'status 403 @access', ...failed() });
const noId = (name: string) => step(name, { name: 'a request id @form(request-id)', ...failed() });

const outcome = { tool: 'newman', exitCode: 1, durationMs: 1 } as SmokeEvidence['outcome'];
const smoke = (...steps: JourneyStep[]): SmokeEvidence => ({ kind: 'smoke', outcome, files: [], problems: [], steps });
const entry = (id: string, until = '2026-12-24') => ({ id, reason: 'known', owner: 'Ada', until });
const known = (...ids: string[]) => ({ findings: ids.map((id) => entry(id)), on: '2026-12-24' });
const plan = (accepted?: ReturnType<typeof known>) => ({
  smokeBudgetMs: 1000,
  offers: { web: false, metrics: false, shutdown: false },
  ...(accepted ? { accepted } : {}),
});
const judged = (evidence: SmokeEvidence, accepted?: ReturnType<typeof known>) =>
  smokeChecks(evidence, plan(accepted))[0] as Judgement;

describe('findings', () => {
  it('are ranked by the tag of the assertion that failed, else by that of the step', () => {
    expect(findingsOf('smoke.newman', [form, good, money, access]).map(({ id, rank }) => [id, rank])).toEqual([
      ['smoke.newman/release-twice', 'money'],
      ['smoke.newman/read-a-chat', 'access'],
      ['smoke.newman/log-in', 'form'],
    ]);
  });

  it('of one named difference are one finding', () => {
    const [only, ...more] = findingsOf('smoke.newman', [noId('a'), noId('bb')]);
    expect(only).toMatchObject({ id: 'smoke.newman/request-id', rank: 'form' });
    expect(only?.steps).toHaveLength(2);
    expect(more).toEqual([]);
  });

  it('are reported worst first, without tags, with the request, its id, what was expected and what came', () => {
    expect(judged(smoke(form, good, money)).because).toBe(
      '"Release twice" (POST /x, answered 201, request r-20): status 409: expected 201 to equal 409 [money] (and 1 more finding)',
    );
  });
});

describe('a known difference', () => {
  it('is shown as accepted, and the verdict is GO', () => {
    const judgement = judged(smoke(good, form), known('smoke.newman/log-in'));
    expect(judgement).toMatchObject({ status: 'accepted', accepted: [{ id: 'smoke.newman/log-in' }] });
    expect(judgement.because).toContain('accepted until 2026-12-24 by Ada: known (smoke.newman/log-in).');
    expect(reachVerdict([judgement])).toMatchObject({
      word: 'GO',
      because: '0 of 1 required checks passed; one known difference is accepted.',
    });
  });

  it('fails again after its end date', () => {
    const late = { ...known('smoke.newman/log-in'), on: '2026-12-25' };
    const judgement = judged(smoke(good, form), late);
    expect(judgement.status).toBe('fail');
    expect(judgement.because).toContain('(accepted by Ada until 2026-12-24, which is over: known)');
  });

  it('leaves every other finding as it is', () => {
    const judgement = judged(smoke(good, form, money), known('smoke.newman/log-in'));
    expect(judgement).toMatchObject({ status: 'fail', rank: 'money' });
    expect(judgement.because).toMatch(/^"Release twice".*\[money\]\.$/);
  });

  it('may be a whole check', () => {
    const rate = { ...judged(smoke(good)), id: 'load.latency-p95', status: 'fail', because: 'Too slow.' } as const;
    expect(acceptJudgement(rate, known('load.latency-p95'))).toMatchObject({
      status: 'accepted',
      because: 'Too slow (accepted until 2026-12-24 by Ada: known).',
    });
    const over = { ...known('load.latency-p95'), on: '2027-01-01' };
    expect(acceptJudgement(rate, over)).toMatchObject({ status: 'fail' });
    expect(acceptJudgement({ ...rate, status: 'pass' }, known('load.latency-p95')).status).toBe('pass');
  });

  it('that nothing has is named', () => {
    const evidence = smoke(good, form);
    const accepted = known('smoke.newman/log-in', 'smoke.newman/typo');
    const [only, ...more] = unmatchedEntries([judged(evidence, accepted)], accepted, findingIds(evidence));
    expect(only).toMatchObject({ id: 'accepted.smoke.newman/typo', required: false });
    expect(more).toEqual([]);
  });
});

it('the headline is the most serious failure', () => {
  const check = (id: string, rest: Partial<Judgement>): Judgement => ({
    ...judged(smoke(good)),
    id,
    title: id,
    status: 'fail',
    ...rest,
  });
  const { decidedBy } = reachVerdict([
    check('form', { rank: 'form' }),
    check('latency', { clauses: ['3.2a'] }),
    check('payments', { clauses: ['3.2c'] }),
    check('chat', { rank: 'access' }),
  ]);
  expect(decidedBy).toEqual(['payments', 'chat', 'latency', 'form']);
});

it('a check of a stage is not accepted: the target file is refused with what to write instead', () => {
  const list = (id: string) => [{ id, reason: 'known', owner: 'Ada', until: '2026-12-24' }];
  expect(acceptedListSchema.safeParse(list('smoke.newman/log-in')).success).toBe(true);
  const { error } = acceptedListSchema.safeParse(list('stage-50.server-errors'));
  expect(error?.issues[0]).toMatchObject({
    path: [0, 'id'],
    message: expect.stringContaining('accept the finding of its smoke') as unknown,
  });
});
