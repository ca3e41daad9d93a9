import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnnouncementFacts, announcementOf, stageReply } from '../../../src/core/announcement.ts';
import { judgeAnnouncement } from '../../../src/core/judge/announcement.ts';
import { renderSlackMessage } from '../../../src/notifiers/slack/message.ts';
import { facts, healthy, judgement, missing, released } from './facts.ts';

const links = [
  { text: 'Dashboard of {release}', url: 'https://grafana.example/d/freetask?var-release={release}&from={previous}' },
];
const textsOf = (value: unknown): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, each]) =>
        key === 'text' && typeof each === 'string' ? [each] : textsOf(each),
      )
    : [];
const render = (of: AnnouncementFacts) =>
  renderSlackMessage({ ...announcementOf(of, links), marker: 'm', notBefore: '2026-11-26T00:00:00Z' });
/** As a reader of the channel has it. */
const read = (of: AnnouncementFacts): string => textsOf(render(of).blocks).join('\n\n');

describe('the message of a release', () => {
  it('that is GO reads on a phone', () => {
    const report = 'https://reports.example/1/report.html';
    expect(read(released({ reportUrl: report }))).toMatchInlineSnapshot(`
      "✅ GO: freetask@1.5.0 on staging, released

      Verdict: All 8 required checks passed.
      Previous release: freetask@1.4.0
      Started: 2026-11-26 02:26 UTC, 35.5 min until now
      Run: 20261126-022600-release-public-7c1e

      Objectives
      ✅ P95 &lt; 1 s: 312 ms; slower than the limit 0.31 %; at most 0.66 % slow (95 % confidence), limit 5 %; n = 4 812
      ✅ payment success &gt;= 98 %: 99.6 %; at most 1.1 % failed (95 % confidence), limit 2 %; n = 512
      ✅ 5xx &lt; 0.5 %: 0 %; at most 0.06 % 5xx (95 % confidence), limit 0.5 %; n = 4 812

      1 Pre-deployment
      ✅ 1.1a Code quality: flutter analyze
      ✅ 1.1b Code quality: flutter test
      ➖ 1.1c API: npm run lint: not applicable, target file: the API has none.
      ⬜ 1.1d API: npm test: not judged
      ⬜ 1.2a Pending migrations run on the idle environment: not judged
      ⬜ 1.2b Schema diff is backward compatible: not judged
      ⬜ 1.3a Flutter release bundle built: not judged
      ⬜ 1.3b API image built and tagged with APP_RELEASE: not judged
      ⬜ 1.4a Sentry release has commits and the deploy start: not judged
      ⬜ 1.4b Alert rules are active: not judged

      2 Deployment, blue-green
      ✅ 2.B1 New release deployed to the idle colour
      ⬜ 2.B2 Migrations applied against the idle colour only: not judged
      ⬜ 2.B3a GET /healthz answers 200: not judged
      ⬜ 2.B3b GET /readyz stable for 60 s: not judged
      ✅ 2.B4 Traffic shifted 10 % -&gt; 50 % -&gt; 100 %, smoke after each stage
      ⬜ 2.B5 Previous colour kept warm: not judged

      3 Post-deployment
      ✅ 3.1 Smoke journey of the users
      ✅ 3.2a Latency P95 &lt; 1 s and P50 &lt; 400 ms
      ⬜ 3.2b Crash-free sessions &gt;= 99 %: not judged
      ✅ 3.2c Payment success &gt;= 98 %
      ✅ 3.2d 5xx rate &lt; 0.5 %
      ⬜ 3.3a Sentry deploy marked finished: not judged
      ⬜ 3.3b Crashlytics reviewed for new issues: not judged
      ⬜ 3.4a Release notes published: not judged
      ⬜ 3.4b Stakeholders informed of the Go/No-Go status: this message

      4 Rollback criteria
      ✅ 4.1a Rollback: P95 &gt; 1 s for more than 5 minutes
      ✅ 4.1b Rollback: error rate &gt; 1 %
      ✅ 4.1c Rollback: smoke red or degraded

      <https://reports.example/1/report.html|Report>

      <https://grafana.example/d/freetask?var-release=freetask%401.5.0&amp;from=freetask%401.4.0|Dashboard of freetask@1.5.0>"
    `);
  });

  it('that is running has its current step, without a verdict and a checklist', () => {
    const text = read(facts({ doing: 'Traffic 90 % blue, 10 % green' }));
    expect(text).toMatchInlineSnapshot(`
      "🚀 Releasing: freetask@1.5.0 on staging

      Now: Traffic 90 % blue, 10 % green
      Previous release: freetask@1.4.0
      Started: 2026-11-26 02:26 UTC, 35.5 min ago
      Run: 20261126-022600-release-public-7c1e

      Objectives
      ✅ P95 &lt; 1 s: 312 ms; slower than the limit 0.31 %; at most 0.66 % slow (95 % confidence), limit 5 %; n = 4 812
      ✅ payment success &gt;= 98 %: 99.6 %; at most 1.1 % failed (95 % confidence), limit 2 %; n = 512
      ✅ 5xx &lt; 0.5 %: 0 %; at most 0.06 % 5xx (95 % confidence), limit 0.5 %; n = 4 812

      <https://grafana.example/d/freetask?var-release=freetask%401.5.0&amp;from=freetask%401.4.0|Dashboard of freetask@1.5.0>"
    `);
    expect(text).not.toMatch(/\bGO\b|1\.1a/);
  });

  it('that was rolled back has the reason first, and what did not pass', () => {
    const failed = judgement({
      id: 'stage-10.server-errors',
      title: '5xx at 10 %',
      clauses: ['3.2d', '4.1b'],
      status: 'fail',
      because: '5xx 4.2 % (31 of 738), lower bound 2.9 % >= 0.5 %.',
    });
    const verdict = { word: 'NO-GO', because: 'Rolled back: 5xx at 10 %', decidedBy: [failed.id] } as const;
    const { title, lists } = announcementOf(
      released({ phase: 'rolled-back', verdict, judgements: [...healthy, failed] }),
    );
    expect(title).toBe('❌ NO-GO: freetask@1.5.0 on staging, rolled back');
    expect(lists[0]?.lines).toEqual(['❌ 3.2d, 4.1b 5xx at 10 %: 5xx 4.2 % (31 of 738), lower bound 2.9 % >= 0.5 %.']);
    expect(lists.flatMap(({ lines }) => lines)).toContain('❌ 4.1b Rollback: error rate > 1 %: fail');
  });

  it.each([
    ['refused', 'NO-GO', '❌ NO-GO: freetask@1.5.0 on staging, refused before the deployment, nothing was changed'],
    ['paused', 'HOLD', '⏸️ HOLD: freetask@1.5.0 on staging, paused'],
    [
      'rollback-failed',
      'NO-GO',
      '❌ NO-GO: freetask@1.5.0 on staging, the rollback is not complete, an operator is needed',
    ],
  ] as const)('%s', (phase, word, title) =>
    expect(announcementOf(released({ phase, verdict: { word, because: 'x', decidedBy: [] } })).title).toBe(title),
  );

  it('has a required check that was skipped among the reasons of a HOLD', () => {
    const skipped = { ...missing[0]!, reason: 'skipped', required: true, because: 'no command' } as const;
    const verdict = { word: 'HOLD', because: 'x', decidedBy: [skipped.id] } as const;
    const { lists } = announcementOf(released({ phase: 'paused', verdict, notChecked: [skipped] }));
    expect(lists[0]?.lines).toEqual(['⬜ 1.1c API lint: no command']);
  });

  it('leaves out a link with a name that is not known', () => {
    const { previousRelease: _, ...first } = released();
    expect(announcementOf(first, links).links).toEqual([]);
    expect(announcementOf(released(), links).links).toEqual([
      {
        text: 'Dashboard of freetask@1.5.0',
        url: 'https://grafana.example/d/freetask?var-release=freetask%401.5.0&from=freetask%401.4.0',
      },
    ]);
  });

  it('no text from outside mentions a user, makes a link or a format, or exceeds a limit', () => {
    const piece = fc.constantFrom(
      '<!channel>',
      '<@U024BE7LH>',
      '@here',
      '*b*',
      '_i_',
      '~s~',
      '`c`',
      '<https://evil.example|x>',
      '&',
      '\n',
      '😀',
      'a',
    );
    const outside = fc
      .tuple(fc.array(piece, { maxLength: 6 }), fc.constantFrom(1, 30, 400))
      .map(([pieces, times]) => pieces.join('').repeat(times));
    fc.assert(
      fc.property(fc.array(outside, { minLength: 1, maxLength: 40 }), (texts) => {
        const judgements = texts.map((text, index) =>
          judgement({ id: `${text}.${index}`, title: text, clauses: ['3.1'], status: 'fail', because: text }),
        );
        const [text = ''] = texts;
        const verdict = { word: 'NO-GO', because: text, decidedBy: [] } as const;
        const more = { judgements, next: text, decisions: texts, hotfix: text, verdict };
        const { text: fallback, blocks } = render(released({ ...more, phase: 'rolled-back' }));
        expect(blocks.length).toBeLessThanOrEqual(50);
        expect(JSON.stringify(blocks).length).toBeLessThanOrEqual(10_000);
        expect(blocks.at(-1)).toMatchObject({ type: 'context' });
        for (const each of [fallback, ...textsOf(blocks)]) {
          expect(each.length).toBeLessThanOrEqual(3000);
          expect(each).not.toMatch(/<(?!https:\/\/grafana\.example\/)|&(?!amp;|lt;|gt;)/);
        }
        // Only plain text is formatted by nothing; the one mrkdwn is the link of our own.
        const formatted = JSON.stringify(blocks.filter(({ type }) => type !== 'context'));
        expect(formatted).not.toContain('"mrkdwn"');
        if (texts.length > 12) expect(read(released(more))).toMatch(/\d+ (reasons|blocks), \d+ shown/);
      }),
      { numRuns: 60 },
    );
  });

  it('of a stage is one short reply', () =>
    expect(
      textsOf(
        renderSlackMessage({
          ...stageReply({ id: 's', title: 'Traffic 10 %', lines: ['objectives met'] }),
          marker: 'm',
          notBefore: '',
        }).blocks,
      ),
    ).toEqual(['Traffic 10 %', '• objectives met']));
});

describe('clause 3.4b', () => {
  const base = {
    kind: 'announcement',
    channel: 'slack',
    word: 'GO',
    readBack: true,
    attempts: 1,
    because: 'sent',
  } as const;
  it.each([
    ['delivered', 'pass'],
    ['unconfirmed', 'inconclusive'],
    ['undelivered', 'error'],
  ] as const)('%s is %s', (state, status) => expect(judgeAnnouncement({ ...base, state })).toMatchObject({ status }));
  it('is required of a target file that does not mention it', () => {
    expect(judgeAnnouncement({ kind: 'announcement', state: 'missing', because: 'x' })).toMatchObject({
      required: true,
    });
    expect(judgeAnnouncement({ kind: 'announcement', state: 'off', because: 'x' })).toMatchObject({
      reason: 'not-applicable',
    });
  });
});
