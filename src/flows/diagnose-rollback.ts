import { flagsOf, tokenNamesOf } from '../config/courtesy.ts';
import { toolEnvironment } from '../config/environment.ts';
import type { Deployment } from '../config/target-file.ts';
import { messageOf } from '../core/errors.ts';
import { createFlags } from '../flags/index.ts';
import { createCourtesies, secretIn } from './courtesies.ts';
import { announcementChecks } from './diagnose-announcements.ts';
import { monitoringChecks } from './diagnose-monitoring.ts';
import type { Check } from './finding.ts';
import type { Flow } from './flow.ts';

const timeoutMs = 5000;

export interface RollbackFinding {
  readonly key: string;
  readonly ok: boolean;
  readonly found: string;
  readonly where: string;
  readonly next?: string;
}

/** Whether what a rollback uses besides router and runtime answers; nothing is sent or changed. */
export async function diagnoseRollback(
  file: string,
  deployment: Deployment,
  flow: Flow,
): Promise<readonly RollbackFinding[]> {
  const { variables } = flow.environment;
  const unset = tokenNamesOf(deployment).filter(({ name }) => !variables[name]);
  const checks = [
    ...courtesyChecks(deployment, flow),
    ...flagChecks(file, deployment, flow),
    ...monitoringChecks(file, deployment, flow),
    ...announcementChecks(file, deployment, flow),
  ].filter(([key]) => !unset.some((token) => token.key.startsWith(`${key}.`)));
  return [
    ...unset.map(({ key, name }) => ({
      key,
      ok: false,
      found: 'not set',
      where: `environment variable ${name}`,
      next: `export ${name}=…`,
    })),
    ...(await Promise.all(
      checks.map(async ([key, where, check]): Promise<RollbackFinding> => {
        const problem = await check();
        return problem === undefined
          ? { key, ok: true, found: 'usable', where }
          : {
              key,
              ok: false,
              found: 'unusable',
              where: problem,
              next: `correct ${key} in the target file, or its token`,
            };
      }),
    )),
  ];
}

function courtesyChecks(deployment: Deployment, flow: Flow): Check[] {
  const { channel, tickets, releases } = createCourtesies(deployment, flow);
  const attempt = { signal: flow.signal, timeoutMs, uncertain: false };
  const parts = [
    ['incident.slack', channel],
    ['incident.github', tickets],
    ['sentry', releases],
  ] as const;
  return parts.flatMap(([key, part]) =>
    part ? [[key, `driver ${part.name}`, () => part.check(attempt)] as const] : [],
  );
}

function flagChecks(file: string, deployment: Deployment, flow: Flow): Check[] {
  const settings = flagsOf(file, deployment);
  if (!settings) return [];
  const { variables } = flow.environment;
  const context = { env: toolEnvironment(variables, deployment.env), cwd: flow.projectRoot };
  const flags = createFlags(settings, context, secretIn(variables));
  const check = () => flags.snapshot({ signal: flow.signal }).then(() => undefined, messageOf);
  return [['flags', `driver ${flags.name}`, check]];
}
