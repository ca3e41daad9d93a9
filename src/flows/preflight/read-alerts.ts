import {
  type AlertEvidence,
  type AlertId,
  alertIds,
  type AlertsEvidence,
  type AlertSettings,
  candidatesFor,
} from '../../core/alerts.ts';
import type { Unmeasured } from '../../core/preflight.ts';
import type { ReadAlertingRules } from '../../sources/prometheus-alerts.ts';
import { type ReadRules, readSentryRules } from '../../sources/sentry-alerts.ts';
import { secretIn } from '../courtesies.ts';
import { readObjectives } from '../read-settings.ts';
import type { PreflightContext } from './context.ts';
import { readPrometheusRules } from './prometheus-rules.ts';

/** Clause 1.4b: the rules of the three alerts, as Sentry and Prometheus have them. */
export async function readAlerts(context: PreflightContext): Promise<AlertsEvidence> {
  const { deployment, runner } = context;
  const { sentry, preflight } = deployment;
  const services = createServices(context);
  const found: AlertEvidence[] = [];
  const unmeasured: Partial<Record<AlertId, Unmeasured>> = {};
  for (const alert of alertIds) {
    const settings = preflight?.monitoring.alerts[alert] ?? {};
    if ('off' in settings) {
      unmeasured[alert] = settings;
      continue;
    }
    const { rule, detector } = settings;
    if (sentry && (rule === undefined || detector !== undefined)) found.push(await services.sentry(alert, settings));
    if (rule !== undefined) found.push(await services.prometheus(alert, settings));
    if (!sentry && rule === undefined)
      unmeasured[alert] = {
        missing: `the target file names no \`sentry\`, and no rule of Prometheus: preflight.monitoring.alerts.${alert}`,
      };
  }
  const { slos, crashFree } = await readObjectives(undefined, runner);
  return {
    found,
    unmeasured,
    objectives: [...slos, ...(crashFree ? [crashFree] : [])],
    environment: environmentOf(context),
  };
}

/** What a rule of one environment has to measure. */
const environmentOf = ({ deployment: { sentry }, target }: PreflightContext): string =>
  sentry?.environment ?? target.name;

type Find = (alert: AlertId, settings: AlertSettings) => Promise<AlertEvidence>;

/** Each service is read once, however many alerts it has. */
function createServices(context: PreflightContext): { readonly sentry: Find; readonly prometheus: Find } {
  const projects = new Map<string, Promise<ReadRules>>();
  let alerting: Promise<ReadAlertingRules> | undefined;
  return {
    sentry: async (alert, settings) => {
      const { sentry } = context.deployment;
      const project = settings.project ?? sentry?.project ?? '';
      const reading = projects.get(project) ?? readProject(project, context);
      projects.set(project, reading);
      const { readFrom, ...read } = await reading;
      const base = { alert, source: 'sentry', settings, readFrom } as const;
      return 'problem' in read
        ? { ...base, candidates: [], problem: read.problem }
        : { ...base, candidates: candidatesFor(alert, settings, read.rules, environmentOf(context)) };
    },
    prometheus: async (alert, settings) => {
      alerting ??= readPrometheusRules(context.deployment, context.variables, {
        clock: context.clock,
        signal: context.runner.signal,
      });
      const read = await alerting;
      const base = { alert, source: 'prometheus', settings, readFrom: 'rules' } as const;
      return 'problem' in read
        ? { ...base, candidates: [], problem: read.problem }
        : {
            ...base,
            candidates: read.rules.filter(({ id, name }) => id === settings.rule || name === settings.rule),
          };
    },
  };
}

function readProject(
  project: string,
  { deployment: { sentry }, variables, clock, runner: { signal } }: PreflightContext,
): Promise<ReadRules> {
  if (!sentry) throw new Error('Sentry is read without its settings');
  const token = sentry.token === false ? undefined : secretIn(variables)(sentry.token);
  if (sentry.token !== false && token === undefined)
    return Promise.resolve({
      readFrom: 'detectors',
      problem: `Sentry: the environment variable ${sentry.token} is not set`,
    });
  return readSentryRules(project, sentry, { token, clock, signal });
}
