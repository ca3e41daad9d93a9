import { expect, it } from 'vitest';
import type { Status } from '../../src/core/status.ts';
import { statusLines } from '../../src/report/status.ts';

const colour = { releases: ['freetask@1.4.0'], running: 1, places: 1, api: 'http://127.0.0.1:1' };
const quiet: Status = {
  target: 'sandbox',
  shares: { blue: 100, green: 0 },
  live: 'blue',
  colours: { blue: { ...colour, share: 100 }, green: { ...colour, share: 0, releases: [], running: 0 } },
  problems: [],
  next: ['npm run deploy -- --release …'],
};
const text = (status: Status) => statusLines(status, false).join('\n');

it('shows the live release in its first line', () => {
  expect(text(quiet).split('\n')[0]).toBe('sandbox: live is blue, freetask@1.4.0');
  expect(text(quiet)).toMatch(/green +0 % +none +0 of 1 running/);
  expect(text(quiet)).toContain('last run   none');
});

it('shows the phase of an open rollout, its next step, and the commands that apply', () => {
  const lastRun = {
    runId: 'r1',
    release: 'freetask@1.5.0',
    strategy: 'blue-green',
    phase: 'progressing',
    open: true,
    because: 'interrupted by SIGINT',
    decidedBy: 'decided by: breach proved',
    startedAt: '2026-11-23T12:00:00Z',
    lastAt: '2026-11-23T12:01:00Z',
    next: 'Smoke at 10 %',
    report: 'reports/r1/report.html',
  } as const;
  const { live: _, ...shared } = quiet;
  const shown = text({ ...shared, shares: { blue: 90, green: 10 }, lastRun, next: ['npm run deploy -- --resume'] });
  expect(shown).toContain('traffic is split, 90 % blue, 10 % green');
  expect(shown).toMatch(/freetask@1\.5\.0, blue-green, open, progressing/);
  expect(shown).toMatch(
    /interrupted by SIGINT\n +decided by: breach proved\n[^]*next step +Smoke at 10 %[^]*try +npm run deploy -- --resume/,
  );
});

it('shows the verdict of a release that has all traffic', () => {
  const ended = { startedAt: '2026-11-23T12:00:00Z', lastAt: '2026-11-23T12:01:00Z', report: 'reports/r1/report.html' };
  const release = { runId: 'r1', release: 'freetask@1.5.0', strategy: 'blue-green', open: false, because: '' } as const;
  const lastRun = { ...release, ...ended, phase: 'promoted', verdict: 'NO-GO' } as const;
  expect(text({ ...quiet, lastRun })).toContain('freetask@1.5.0, blue-green, promoted, NO-GO since');
});

it('shows the owner of the lock, a stale lock, and what could not be read', () => {
  const lock = { owner: 'ada', host: 'lab', pid: 7, reason: 'deploy', since: '2026-11-23T12:00:00Z' };
  expect(text({ ...quiet, lock })).toContain('lock       held by ada, process 7 on lab');
  expect(text({ ...quiet, lock: { ...lock, dead: 'its process 7 is gone' } })).toContain(
    'the next command takes it over',
  );
  expect(text({ ...quiet, problems: ['HAProxy does not answer'] })).toContain('error      HAProxy does not answer');
});
