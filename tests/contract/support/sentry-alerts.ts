import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { firstAlerts } from '../../../sandbox/doubles/sentry-alerts.ts';
import { parseObjectives } from '../../../src/config/slo-file.ts';
import { alertIds, type AlertId, type AlertSettings, candidatesFor } from '../../../src/core/alerts.ts';
import { judgeAlerts } from '../../../src/core/judge/alerts.ts';
import type { Judgement } from '../../../src/core/verdict.ts';
import { type ReadRules, readSentryRules } from '../../../src/sources/sentry-alerts.ts';

const objectives = parseObjectives(
  'slo.yaml',
  readFileSync(join(import.meta.dirname, '../../../config/slo.yaml'), 'utf8'),
);
export const recordedAlerts = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../recorded/sentry-alerts/${name}.json`), 'utf8'));

/** Replaces members of the double's state. */
export async function changeSentry(recorder: { readonly address: string }, state: object): Promise<void> {
  const answer = await fetch(`${recorder.address}/_state?service=sentry`, {
    method: 'POST',
    body: JSON.stringify(state),
  });
  expect(answer.status).toBe(200);
}

const clock = { now: () => Date.parse('2026-11-26T03:00:00Z'), monotonic: () => 0, sleep: async () => undefined };
export const readRules = (url: string): Promise<ReadRules> =>
  readSentryRules('api', { url, org: 'freetask' }, { token: 'tok', clock, signal: new AbortController().signal });

type Settings = Partial<Record<AlertId, AlertSettings>>;
type Judgements = Readonly<Record<string, Judgement>>;

/** The judgements on 1.4b where Sentry is at this address. */
export async function judgeSentry(url: string, settings: Settings = {}): Promise<Judgements> {
  const read = await readRules(url);
  const found = alertIds.map((alert) => {
    const own = settings[alert] ?? {};
    const base = { alert, source: 'sentry', settings: own, readFrom: read.readFrom } as const;
    return 'problem' in read
      ? { ...base, candidates: [], problem: read.problem }
      : { ...base, candidates: candidatesFor(alert, own, read.rules, 'staging') };
  });
  const { judgements } = judgeAlerts({ found, unmeasured: {}, objectives: [], environment: 'staging' }, objectives);
  return Object.fromEntries(judgements.map((judgement) => [judgement.id, judgement]));
}

export const statusesOf = (judgements: Judgements) =>
  Object.fromEntries(Object.values(judgements).map(({ id, status }) => [id, status]));

export const allPass = {
  'alert.crash-free': 'pass',
  'alert.payment-success': 'pass',
  'alert.server-errors': 'pass',
  'alerts.firing': 'pass',
};
export type Detector = Record<string, unknown> & { readonly name: string };
export const detectors = () => firstAlerts().detectors as Detector[];
