import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/core/errors.ts';
import { type CalendarEvidence, formatInZone, hotfixDeviations } from '../../../src/core/calendar.ts';
import { judgeCalendar } from '../../../src/core/judge/calendar.ts';
import { reachVerdict } from '../../../src/core/verdict.ts';
import { calendarEvidenceSchema } from '../../../src/journal/calendar-schema.ts';
import { renderHtml, renderJunit, renderMarkdown, renderTerminal } from '../../../src/report/index.ts';
import { parseDeployment } from '../../contract/support/service-defaults.ts';
import { conclude, healthyEvidence } from '../report/fixtures.ts';

const weekend = {
  reason: 'no releases at the weekend',
  zone: 'Europe/Berlin',
  from: '2026-11-27T18:00:00.000+01:00',
  until: '2026-11-30T08:00:00.000+01:00',
};
const asked = (at: string, hotfix?: string): CalendarEvidence => ({
  at,
  periods: [weekend],
  ...(hotfix === undefined ? {} : { hotfix }),
});
const inside = '2026-11-28T12:00:00.000Z';
const before = '2026-11-27T16:59:59.999Z';

describe('a freeze window', () => {
  it('holds a release with its reason, its end in its zone and in UTC, and the flag that passes', () => {
    const { judgements } = judgeCalendar(asked(inside));
    expect(judgements).toMatchObject([{ id: 'calendar.freeze', clauses: [], status: 'inconclusive' }]);
    expect(judgements[0]?.because).toBe(
      'no releases at the weekend, until 2026-11-30 08:00 Europe/Berlin (2026-11-30 07:00 UTC). A hotfix is shipped with --hotfix "why".',
    );
    expect(reachVerdict(judgements).word).toBe('HOLD');
  });

  it('is passed by a hotfix, which is a deviation with its reason', () => {
    const { judgements } = judgeCalendar(asked(inside, 'cards of one bank fail'));
    expect(judgements).toMatchObject([{ status: 'pass', actual: 'hotfix: cards of one bank fail' }]);
    expect(hotfixDeviations(asked(inside, 'cards of one bank fail'))).toEqual([
      'Shipped as a hotfix (cards of one bank fail) inside a freeze window until 2026-11-30 08:00 Europe/Berlin (2026-11-30 07:00 UTC): no releases at the weekend.',
    ]);
  });

  it('that is ahead passes and is named; a hotfix outside of it is no deviation', () => {
    expect(judgeCalendar(asked(before)).judgements).toMatchObject([
      {
        status: 'pass',
        because:
          'The next freeze window begins 2026-11-27 18:00 Europe/Berlin (2026-11-27 17:00 UTC): no releases at the weekend.',
      },
    ]);
    expect(hotfixDeviations(asked(before, 'why'))).toEqual([]);
  });

  it('that is over passes', () => {
    expect(judgeCalendar(asked('2026-11-30T07:00:00.000Z')).judgements).toMatchObject([{ status: 'pass' }]);
  });

  it('that no target file names is not applicable, and holds nothing', () => {
    const { judgements, notChecked } = judgeCalendar({ at: inside, periods: [] });
    expect(judgements).toEqual([]);
    expect(notChecked).toMatchObject([{ reason: 'not-applicable', required: false }]);
  });

  it('passes exactly if no period contains the instant, or with a hotfix', () => {
    const instant = fc.date({ min: new Date('2026-01-01Z'), max: new Date('2027-01-01Z'), noInvalidDate: true });
    const period = fc.tuple(instant, fc.integer({ min: 1, max: 90 * 24 * 60 })).map(([from, minutes]) => ({
      reason: 'r',
      zone: 'UTC',
      from: from.toISOString(),
      until: new Date(from.getTime() + minutes * 60_000).toISOString(),
    }));
    const evidence = fc.record({ at: instant, periods: fc.array(period, { minLength: 1, maxLength: 5 }) });
    fc.assert(
      fc.property(evidence, fc.boolean(), ({ at, periods }, isHotfix) => {
        const open = periods.some(({ from, until }) => new Date(from) <= at && at < new Date(until));
        const { judgements } = judgeCalendar({ at: at.toISOString(), periods, ...(isHotfix ? { hotfix: 'why' } : {}) });
        expect(judgements.map(({ status }) => status)).toEqual([open && !isHotfix ? 'inconclusive' : 'pass']);
      }),
    );
  });
});

it('an instant is printed in its zone and in UTC', () => {
  expect(formatInZone('2026-11-30T07:00:00.000Z', 'UTC')).toBe('2026-11-30 07:00 UTC');
  expect(formatInZone('2026-06-01T00:30:00.000+05:45', 'Asia/Kathmandu')).toBe(
    '2026-06-01 00:30 Asia/Kathmandu (2026-05-31 18:45 UTC)',
  );
});

it('every report names a check without a clause, and escapes its reason', async () => {
  const evidence = { ...healthyEvidence(), calendar: { ...asked(inside, '<b>why</b>') } };
  const plan = { ...evidence.plan, steps: ['calendar' as const, ...evidence.plan.steps] };
  const { result } = conclude({ ...evidence, plan });
  expect(calendarEvidenceSchema.parse(JSON.parse(JSON.stringify(evidence.calendar)))).toEqual(evidence.calendar);
  const html = await renderHtml(result, { ...evidence, plan });
  expect(html).toContain('id="check-calendar.freeze"');
  expect(html).toContain('Beside the SOP');
  expect(html).not.toContain('<b>why</b>');
  expect(html).toContain('2026-11-30 08:00 Europe/Berlin (2026-11-30 07:00 UTC)');
  expect(renderJunit(result)).toContain('classname="beside the SOP" name="Freeze windows (calendar.freeze)"');
  expect(renderMarkdown(result, { ...evidence, plan })).toContain('**Freeze windows**');
  expect(renderTerminal(result, { color: false, width: 120 })).toContain('Freeze windows');
});

it('a report names the calendar of a target without windows as not checked, without an empty list of clauses', () => {
  const evidence = { ...healthyEvidence(), calendar: { at: inside, periods: [] } };
  const { result } = conclude({ ...evidence, plan: { ...evidence.plan, steps: ['calendar', ...evidence.plan.steps] } });
  expect(result.verdict.word).toBe('GO');
  expect(renderTerminal(result, { color: false, width: 160 })).toContain(
    '- Freeze windows, not-applicable: the target',
  );
  expect(renderMarkdown(result, evidence)).toContain('Freeze windows, not-applicable: the target');
});

describe('the key `preflight.freeze`', () => {
  const parse = (freeze: string) =>
    parseDeployment(
      'mine.yaml',
      `name: mine\nkind: staging\nenvironments: { green: { api: 'http://127.0.0.1:1' } }\npreflight:\n  freeze:\n    - ${freeze}\n`,
    ).preflight?.freeze;
  const refusal = (freeze: string): string => {
    try {
      parse(freeze);
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
    throw new Error('not refused');
  };

  it('has windows by cron and by dates', () => {
    expect(parse("{ cron: '0 18 * * 5', for: 62h, zone: Europe/Berlin, reason: weekend }")).toEqual([
      { cron: '0 18 * * 5', forMs: 62 * 3_600_000, zone: 'Europe/Berlin', reason: 'weekend' },
    ]);
    expect(parse('{ from: 2026-12-20, until: 2027-01-04, zone: Europe/Berlin, reason: holidays }')).toEqual([
      {
        from: '2026-12-20T00:00:00.000+01:00',
        until: '2027-01-05T00:00:00.000+01:00',
        zone: 'Europe/Berlin',
        reason: 'holidays',
      },
    ]);
  });

  const cron = "cron: '0 18 * * 5', for: 62h, zone: Europe/Berlin, reason: r";
  it.each([
    [`{ ${cron.replace('Berlin', 'Berln')} }`, 'zone: "Europe/Berln" is not a time zone; did you mean Europe/Berlin?'],
    [
      `{ ${cron.replace('Europe/Berlin', 'Mars')} }`,
      'zone: "Mars" is not a time zone; write for example Europe/Berlin',
    ],
    [`{ ${cron.replace('* 5', '* 9')} }`, 'cron: "0 18 * * 9" is not a cron expression (Constraint error'],
    [`{ ${cron.replace('0 18', '18')} }`, 'cron: "18 * * 5" is not a cron expression (five fields are expected'],
    [`{ ${cron.replace('62h', '168h')} }`, 'for: 168 h is not shorter than the 168 h between two starts of'],
    [`{ ${cron.replace(' for: 62h,', '')} }`, 'for: is missing: how long the window is; write { cron:'],
    [`{ ${cron}, until: 2027-01-01 }`, 'until: contradicts `cron`: write { cron:'],
    [`{ ${cron.replace(', reason: r', '')} }`, 'reason: is missing'],
    ['{ from: 2026-12-20, until: 2026-12-19, zone: UTC, reason: r }', 'until: "2026-12-19" is before `from`'],
    ['{ from: 2026-12-20, zone: UTC, reason: r }', 'until: is missing: write { from:'],
    ['{ until: 2026-12-20, zone: UTC, reason: r }', 'from: is missing: write { from:'],
    [
      '{ from: 2026-02-30, until: 2026-12-19, zone: UTC, reason: r }',
      'from: "2026-02-30" is no date; write for example',
    ],
    ['{ from: 2026-12-20, until: 2027-01-04, for: 3h, zone: UTC, reason: r }', 'for: goes with `cron`; write { cron:'],
  ])('refuses %s', (freeze, expected) => {
    expect(refusal(freeze)).toContain(`mine.yaml:6: preflight.freeze.0.${expected}`);
  });
});
