import type { Slo, SloEvent } from './slo.ts';
import type { Unmeasured } from './unmeasured.ts';

/** The alert rules of clause 1.4b, each with the event that its objective limits. */
export const alerts = {
  'crash-free': { title: 'Alert rule: crash-free sessions', event: 'crashed-session' },
  'payment-success': { title: 'Alert rule: payment success', event: 'failed-payment' },
  'server-errors': { title: 'Alert rule: 5xx rate', event: 'server-error' },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly event: SloEvent['kind'] }>>;
export type AlertId = keyof typeof alerts;
export const alertIds = Object.keys(alerts) as AlertId[];

/** Whether a rule watches the rate of what succeeds or of what fails, and how it writes a rate. */
export const alertMeasures = ['success', 'failure'] as const;
export const alertUnits = ['percent', 'fraction'] as const;
export interface Measure {
  readonly measures: (typeof alertMeasures)[number];
  readonly unit: (typeof alertUnits)[number];
}

/** Which rule covers an alert, as the target file states it. */
export interface AlertSettings extends Partial<Measure> {
  /** Name or id in Sentry; absent: the rule is found by what it measures. */
  readonly detector?: string;
  /** Slug of the Sentry project; absent: that of `sentry`. */
  readonly project?: string;
  /** Name, or group/name, in Prometheus. */
  readonly rule?: string;
  /** Why the rule covers the alert although its expression is no simple comparison. */
  readonly covers?: string;
}

/** A value that raises the alert when what is measured is above or below it. */
export interface AlertThreshold {
  readonly direction: 'above' | 'below';
  readonly value: number;
}

export const alertSources = ['sentry', 'prometheus'] as const;
export type AlertSource = (typeof alertSources)[number];

/** A rule as its service has it. Texts come from outside. */
export interface AlertRule {
  readonly id: string;
  readonly name: string;
  /** Aggregate, or the expression that is compared. */
  readonly measured: string;
  /** Filter of what is measured. */
  readonly query: string;
  /** Environment that alone is measured; absent: every one. */
  readonly environment?: string;
  /** Whether `measured` is an expression of Prometheus, which shows its own unit. */
  readonly isExpression?: true;
  /** Each of them alone raises the alert; none where the rule is no comparison with a number. */
  readonly thresholds: readonly AlertThreshold[];
  /** Why it notifies no recipient although it exists. */
  readonly inactive: readonly string[];
  /** Why it is not known whether it alerts. */
  readonly unknown: readonly string[];
  /** Absent where the service does not report it. */
  readonly firing?: boolean;
}

/** What was found for one alert in one service. */
export interface AlertEvidence {
  readonly alert: AlertId;
  readonly source: AlertSource;
  readonly settings: AlertSettings;
  /** Rules that may be meant. */
  readonly candidates: readonly AlertRule[];
  /** Name of the service's interface that answered. */
  readonly readFrom: string;
  /** Why the rules could not be read. */
  readonly problem?: string;
}

export interface AlertsEvidence {
  readonly found: readonly AlertEvidence[];
  readonly unmeasured: Partial<Readonly<Record<AlertId, Unmeasured>>>;
  /** Of the objectives file, where the plan of the run does not have them. */
  readonly objectives: readonly Slo[];
  /** Name of the target: what a rule of one environment has to measure. */
  readonly environment: string;
}

/** Both of Sentry's own rates: crash-free sessions are written in percent, failures as a fraction. */
export function knownMeasure(measured: string): Measure | undefined {
  if (/percentage\(\s*(?:sessions|users)_crashed/.test(measured)) return { measures: 'success', unit: 'percent' };
  return measured.trim().startsWith('failure_rate()') ? { measures: 'failure', unit: 'fraction' } : undefined;
}

const ofPayments = /payment/i;
const ofServerErrors = /\b5xx\b|server.?error|status(?:_code|\.code)?:\s*\[?["']?5/i;

/** Whether a rule of Sentry measures what an alert is about: by aggregate first, then by its name and its filter. */
export function isAbout(alert: AlertId, { name, measured, query }: AlertRule): boolean {
  const text = `${name} ${query} ${measured}`;
  const crashes = /percentage\(\s*sessions_crashed/.test(measured);
  switch (alert) {
    case 'crash-free':
      return crashes;
    case 'payment-success':
      return !/_crashed/.test(measured) && ofPayments.test(text);
    case 'server-errors':
      return (
        !/_crashed/.test(measured) &&
        !ofPayments.test(text) &&
        (measured.trim().startsWith('failure_rate()') || ofServerErrors.test(text))
      );
  }
}

/** The rules that an alert may mean: the named one, or every one that measures it, those of another environment last. */
export function candidatesFor(
  alert: AlertId,
  { detector }: AlertSettings,
  rules: readonly AlertRule[],
  environment: string,
): readonly AlertRule[] {
  if (detector !== undefined) return rules.filter(({ id, name }) => id === detector || name === detector);
  const about = rules.filter((rule) => isAbout(alert, rule));
  const own = about.filter((rule) => rule.environment === undefined || rule.environment === environment);
  return own.length > 0 ? own : about;
}

/** Share of bad events at which a threshold alerts, in [0, 1]; undefined where it alerts in the wrong direction. */
export function badRateAt({ direction, value }: AlertThreshold, { measures, unit }: Measure): number | undefined {
  const rate = unit === 'percent' ? value / 100 : value;
  if (measures === 'success') return direction === 'below' ? 1 - rate : undefined;
  return direction === 'above' ? rate : undefined;
}

/** Percentages are no exact binary fractions. */
const rounding = 1e-9;

/** Whether an alert at this share of bad events comes no later than the objective's limit. */
export const isInTime = (badRate: number, { limit }: Slo): boolean => badRate <= limit + rounding;
