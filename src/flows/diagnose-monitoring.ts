import { commitsOf } from '../config/courtesy.ts';
import { toolEnvironment } from '../config/environment.ts';
import type { Deployment } from '../config/target-file.ts';
import { alertIds } from '../core/alerts.ts';
import { checkCrashlytics } from '../sources/crashlytics.ts';
import { repositoryProblem } from '../sources/git-tags.ts';
import { readSentryRules } from '../sources/sentry-alerts.ts';
import { secretIn } from './courtesies.ts';
import type { Check } from './finding.ts';
import type { Flow } from './flow.ts';
import { readPrometheusRules } from './preflight/prometheus-rules.ts';

/** Whether what the preflight and the review of crashes read (1.4, 3.3b) answers; nothing is sent or changed. */
export function monitoringChecks(file: string, deployment: Deployment, flow: Flow): Check[] {
  const { clock, signal } = flow;
  const { variables } = flow.environment;
  const secret = secretIn(variables);
  const { sentry, crashlytics, preflight } = deployment;
  const commits = commitsOf(file, deployment);
  const env = toolEnvironment(variables, deployment.env);
  return [
    ...(commits
      ? [check('sentry.commits', commits.folder, () => repositoryProblem(commits.folder, { env, cwd: '/', signal }))]
      : []),
    ...(sentry && (sentry.token === false || secret(sentry.token) !== undefined)
      ? [
          check('sentry alert rules', `project ${sentry.project}`, async () => {
            const token = sentry.token === false ? undefined : secret(sentry.token);
            return problemOf(await readSentryRules(sentry.project, sentry, { token, clock, signal }));
          }),
        ]
      : []),
    ...(namesRule(preflight)
      ? [
          check('preflight.monitoring.prometheus', 'alerting rules', async () =>
            problemOf(await readPrometheusRules(deployment, variables, { clock, signal })),
          ),
        ]
      : []),
    ...(crashlytics && !('off' in crashlytics)
      ? [check('crashlytics', `app ${crashlytics.app}`, () => checkCrashlytics(crashlytics, { secret, clock, signal }))]
      : []),
  ];
}

const check = (key: string, where: string, find: () => Promise<string | undefined>): Check => [key, where, find];

const problemOf = (read: object): string | undefined =>
  'problem' in read && typeof read.problem === 'string' ? read.problem : undefined;

const namesRule = (preflight: Deployment['preflight']): boolean =>
  alertIds.some((id) => {
    const settings = preflight?.monitoring.alerts[id];
    return settings !== undefined && 'rule' in settings;
  });
