import { guessMeasure } from '../alert-expression.ts';
import {
  type AlertEvidence,
  type AlertId,
  alertIds,
  type AlertRule,
  alerts,
  type AlertsEvidence,
  badRateAt,
  isInTime,
  knownMeasure,
  type Measure,
} from '../alerts.ts';
import type { CheckPlan } from '../plan.ts';
import { describeObjective, endSentence, formatRate, objectiveKinds, type Slo } from '../slo.ts';
import type { Judgement, JudgementStatus, NotChecked } from '../verdict.ts';
import { describeThreshold } from './alert-words.ts';
import type { Judged } from './judged.ts';
import { withoutEvidence } from './unmeasured.ts';

type Plan = Pick<CheckPlan, 'slos' | 'crashFree' | 'inapplicable'>;

/** Clause 1.4b: each alert by the rules that were found, against the objectives; and whether one of them is firing. */
export function judgeAlerts(evidence: AlertsEvidence, plan: Plan): Judged {
  const judged = alertIds.map((alert) => judgeAlert(alert, evidence, plan));
  const firing = judgeFiring(evidence.found);
  return {
    judgements: [...judged.flatMap((each) => ('status' in each ? [each] : [])), ...(firing ? [firing] : [])],
    notChecked: judged.flatMap((each) => ('status' in each ? [] : [each])),
  };
}

const checkOf = (alert: AlertId) => ({ id: `alert.${alert}`, title: alerts[alert].title, clauses: ['1.4b'] }) as const;

/** The objective that limits the events of an alert. */
export const objectiveOf = (
  alert: AlertId,
  { slos, crashFree }: Plan,
  { objectives }: Pick<AlertsEvidence, 'objectives'>,
): Slo | undefined =>
  [...slos, ...(crashFree ? [crashFree] : []), ...objectives].find(({ event }) => event.kind === alerts[alert].event);

function judgeAlert(alert: AlertId, evidence: AlertsEvidence, plan: Plan): Judgement | NotChecked {
  const check = checkOf(alert);
  const unmeasured = evidence.unmeasured[alert] ?? inapplicable(alert, plan);
  if (unmeasured) return withoutEvidence(check, unmeasured);
  const slo = objectiveOf(alert, plan, evidence);
  if (!slo) return withoutEvidence(check, { missing: 'the objectives file has no objective of this kind' });
  const decisions = evidence.found
    .filter((each) => each.alert === alert)
    .map((found) => decide(found, slo, evidence.environment));
  const worst = order.flatMap((status) => decisions.filter((each) => each.status === status));
  const [first] = worst;
  if (!first) return withoutEvidence(check, { missing: 'no alert rule was read' });
  return {
    ...check,
    status: first.status,
    expected: `an active rule for ${describeObjective(slo)}, or stricter`,
    actual: decisions.map(({ actual }) => actual).join('; '),
    because: decisions.length === 1 ? first.because : worst.map(({ because }) => because).join(' '),
    evidence: [],
    requestIds: [],
  };
}

const order = ['fail', 'error', 'inconclusive', 'pass'] as const satisfies readonly JudgementStatus[];

function inapplicable(alert: AlertId, plan: Plan): { readonly off: string } | undefined {
  const kind = Object.entries(objectiveKinds).find(([, event]) => event === alerts[alert].event)?.[0];
  const off = Object.entries(plan.inapplicable ?? {}).find(([each]) => each === kind)?.[1];
  return off === undefined ? undefined : { off };
}

interface Decision {
  readonly status: (typeof order)[number];
  readonly because: string;
  readonly actual: string;
}

const place = { sentry: 'Sentry', prometheus: 'Prometheus' } as const;

function decide(found: AlertEvidence, slo: Slo, environment: string): Decision {
  const { alert, source, candidates, problem, settings } = found;
  const where = place[source];
  const key = `preflight.monitoring.alerts.${alert}`;
  if (problem !== undefined) return { status: 'error', because: endSentence(problem), actual: 'not read' };
  const [rule, other] = candidates;
  const wanted = source === 'prometheus' ? settings.rule : settings.detector;
  if (!rule)
    return {
      status: 'fail',
      because:
        wanted === undefined
          ? `${where} has no alert rule that measures this. Create it, or name it: ${key}.detector.`
          : `${where} has no alert rule "${wanted}" (${key}).`,
      actual: 'no rule',
    };
  if (other) {
    const names = candidates.map(({ name, id }) => `"${name}" (${id})`).join(' and ');
    return {
      status: 'inconclusive',
      because: `${where} has ${candidates.length} rules that may be meant: ${names}. State which one: ${key}.${source === 'prometheus' ? 'rule' : 'detector'}.`,
      actual: `${candidates.length} rules`,
    };
  }
  return { actual: `"${rule.name}" ${describeThreshold(rule)}`, ...decideRule(rule, found, slo, environment) };
}

type RuleDecision = Omit<Decision, 'actual'>;

function decideRule(
  rule: AlertRule,
  { source, settings, alert }: AlertEvidence,
  slo: Slo,
  environment: string,
): RuleDecision {
  const named = `The alert rule "${rule.name}" of ${place[source]}`;
  const [inactive] = rule.inactive;
  if (inactive !== undefined)
    return { status: 'fail', because: `${named} notifies no recipient: ${endSentence(inactive)}` };
  const limited = decideThreshold(rule, { named, settings, alert }, slo);
  if (limited.status === 'fail') return limited;
  const [unknown = notMeant(rule, settings, alert)] = rule.unknown;
  if (unknown !== undefined) return { status: 'inconclusive', because: `${named}: ${endSentence(unknown)}` };
  if (rule.environment !== undefined && rule.environment !== environment)
    return {
      status: 'inconclusive',
      because: `${named} measures the environment ${rule.environment} alone, and this target is ${environment}: sentry.environment states which environment it is.`,
    };
  return limited;
}

/** Why a rule of Sentry that the target file names measures something else; undefined where it does not, or the file explains it. */
function notMeant(
  rule: AlertRule,
  { measures, covers }: AlertEvidence['settings'],
  alert: AlertId,
): string | undefined {
  if (rule.isExpression || covers !== undefined) return undefined;
  if (/(?:^|[\s(])release:(?!latest\b)/.test(rule.query))
    return `its filter measures one release alone, which may be another one: ${rule.query}`;
  const isCrashes = /_crashed\b/.test(rule.measured);
  return measures === undefined && isCrashes !== (alert === 'crash-free')
    ? `it measures ${rule.measured}, and not what the objective limits; preflight.monitoring.alerts.${alert}.covers states why it covers it`
    : undefined;
}

interface Named {
  readonly named: string;
  readonly settings: AlertEvidence['settings'];
  readonly alert: AlertId;
}

function decideThreshold(rule: AlertRule, { named, settings, alert }: Named, slo: Slo): RuleDecision {
  const key = `preflight.monitoring.alerts.${alert}`;
  const wanted = describeObjective(slo);
  if (rule.thresholds.length === 0)
    return settings.covers === undefined
      ? {
          status: 'inconclusive',
          because: `${named} is no comparison with one number: ${rule.measured}. State why it covers ${wanted}: ${key}.covers.`,
        }
      : { status: 'pass', because: `${named} is active; target file: ${endSentence(settings.covers)}` };
  const measure = measureOf(rule, settings);
  if (!measure)
    return {
      status: 'inconclusive',
      because: `${named} measures ${rule.measured}, whose unit is not known: set ${key}.measures (success, failure) and ${key}.unit (percent, fraction).`,
    };
  const rates = rule.thresholds.flatMap((threshold) => badRateAt(threshold, measure) ?? []);
  const earliest = Math.min(...rates);
  const shown = describeThreshold(rule);
  if (rates.length === 0)
    return {
      status: 'fail',
      because: `${named} alerts ${shown}, which is the wrong direction for a rate of ${measure.measures === 'success' ? 'successes' : 'failures'}: ${wanted} needs the other one.`,
    };
  const rate = measure.measures === 'success' ? 1 - earliest : earliest;
  const meaning = `${measure.measures === 'success' ? 'below' : 'above'} ${formatRate(rate)}`;
  if (!isInTime(earliest, slo))
    return {
      status: 'fail',
      because: `${named} alerts ${shown}, that is ${meaning}: too late for ${wanted}.${unitHint(measure, earliest, slo)}`,
    };
  const stricter = earliest < slo.limit - 1e-9 ? ', which is stricter' : '';
  return { status: 'pass', because: `${named} is active and alerts ${meaning}${stricter}; ${wanted} is required.` };
}

/** Names the other unit where the limit would be met by it. */
function unitHint({ unit, measures }: Measure, earliest: number, slo: Slo): string {
  const value = measures === 'success' ? 1 - earliest : earliest;
  const other = unit === 'percent' ? value * 100 : value / 100;
  const bad = measures === 'success' ? 1 - other : other;
  return bad >= 0 && isInTime(bad, slo)
    ? ` The threshold is read as a ${unit === 'percent' ? 'percentage' : 'fraction'}.`
    : '';
}

/** What the target file states, then what the aggregate is known to be, then what a comparison of Prometheus shows. */
function measureOf(rule: AlertRule, { measures, unit }: AlertEvidence['settings']): Measure | undefined {
  const [threshold] = rule.thresholds;
  const known =
    knownMeasure(rule.measured) ??
    (rule.isExpression && threshold ? guessMeasure({ measured: rule.measured, threshold }) : undefined);
  const chosen = { ...known, ...(measures ? { measures } : {}), ...(unit ? { unit } : {}) };
  return chosen.measures && chosen.unit ? { measures: chosen.measures, unit: chosen.unit } : undefined;
}

/** An alert that is firing already cannot distinguish the faults of the new release from those of the old one. */
function judgeFiring(found: readonly AlertEvidence[]): Judgement | undefined {
  const rules = found.flatMap(({ candidates, source }) => candidates.map((rule) => ({ ...rule, source })));
  if (rules.length === 0) return undefined;
  const list = (some: typeof rules) => some.map(({ name, source }) => `"${name}" (${place[source]})`).join(', ');
  const firing = rules.filter((rule) => rule.firing === true);
  const unknown = rules.filter((rule) => rule.firing === undefined);
  const base = {
    id: 'alerts.firing',
    title: 'No alert is firing',
    clauses: ['1.4b'],
    expected: 'no alert rule of 1.4b is firing',
    actual: firing.length === 0 ? 'none firing' : `${firing.length} of ${rules.length} firing`,
    evidence: [],
    requestIds: [],
  } as const;
  if (firing.length > 0)
    return {
      ...base,
      status: 'inconclusive',
      because: `Firing before the release: ${list(firing)}. Resolve it first: an alert that fires already cannot show a fault of the release.`,
    };
  if (unknown.length > 0)
    return {
      ...base,
      status: 'inconclusive',
      actual: 'not known',
      because: `It is not known whether ${list(unknown)} fires.`,
    };
  return { ...base, status: 'pass', because: `None of ${rules.length} alert rules is firing.` };
}
