import { toolEnvironment } from '../config/environment.ts';
import { findTarget, type TargetOptions } from '../config/target.ts';
import type { Deployment } from '../config/target-file.ts';
import { messageOf, ToolError, UserError } from '../core/errors.ts';
import type { Command, OtpDelivery, Target } from '../core/target.ts';
import { findProgram } from '../system/find-program.ts';
import { ask } from '../system/http.ts';
import { chooseTarget } from './choose-target.ts';
import type { Flow } from './flow.ts';
import { missingJourney } from './require-journey.ts';

/** One thing that a verb needs: there or not, and how to get it. Never the value of a credential. */
export interface Finding {
  readonly group: 'tool' | 'target';
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  readonly where: string;
  readonly next?: string;
}

/** Looks at every tool and, for the chosen target, at its addresses and credentials. Changes nothing. */
export async function diagnose(options: TargetOptions, tools: readonly Finding[], flow: Flow): Promise<Finding[]> {
  const { cwd, variables } = flow.environment;
  try {
    const found = await findTarget(options, { projectRoot: flow.projectRoot, cwd, variables });
    if (found.kind === 'embedded') {
      const about = { group: 'target', name: found.name, ok: true } as const;
      return [...tools, { ...about, found: 'embedded', where: `started on demand: ${found.embedded.start.join(' ')}` }];
    }
    const target =
      found.kind === 'url' ? found.target : await chooseTarget(found.file, found.deployment, options, flow);
    const commands = found.kind === 'url' ? [] : commandsOf(found.deployment);
    return [
      ...tools,
      ...(await diagnoseTarget(target)),
      ...(await diagnoseJourney(target)),
      ...(await diagnoseCommands([...commands, ...commandsOfTarget(target)], toolEnvironment(variables, target.env))),
      ...target.env.map((name) => diagnoseVariable(name, variables[name])),
    ];
  } catch (error) {
    if (!(error instanceof UserError || error instanceof ToolError)) throw error;
    const next = error instanceof UserError ? error.next[0] : undefined;
    const finding = {
      group: 'target',
      name: options.target ?? 'target',
      ok: false,
      found: 'unusable',
      where: messageOf(error),
    } as const;
    return [...tools, { ...finding, ...(next === undefined ? {} : { next }) }];
  }
}

async function diagnoseTarget({ environment, paths, otp }: Target): Promise<Finding[]> {
  const addresses = [
    ['api', environment.api + paths.health],
    ...(environment.web === undefined ? [] : [['web', environment.web]]),
    ...environment.metrics.map((url) => ['metrics', url]),
  ] as [string, string][];
  const reached = addresses.map(async ([name, url]): Promise<Finding> => {
    const answer = await ask({ url, timeoutMs: 5000 });
    const ok = answer.ok && answer.status < 400;
    const found = answer.ok ? `status ${answer.status}` : answer.error;
    return {
      group: 'target',
      name: `${environment.name} ${name}`,
      ok,
      found,
      where: url,
      ...(ok ? {} : { next: `curl -i ${url}` }),
    };
  });
  return [...(await Promise.all(reached)), credential(otp)];
}

const about = { group: 'target' } as const;

async function diagnoseJourney(target: Target): Promise<Finding[]> {
  return (await missingJourney(target)).map(([key, path]) => ({
    ...about,
    name: key,
    ok: false,
    found: 'missing',
    where: path,
    next: 'write the path from the target file on',
  }));
}

/** That it is set is told; its value is not. */
const diagnoseVariable = (name: string, value: string | undefined): Finding =>
  value === undefined
    ? { ...about, name, ok: false, found: 'not set', where: 'environment', next: `export ${name}=…` }
    : { ...about, name, ok: true, found: 'present', where: 'environment' };

/** Programs that the target file names, by the key under which it does. */
type Programs = readonly (readonly [key: string, command: Command])[];

const commandsOfTarget = ({ otp, environment: { shutdown } }: Target): Programs => [
  ...(otp.from === 'command' ? [['otp.command', otp.command] as const] : []),
  ...(shutdown
    ? ([
        ['shutdown.stop', shutdown.stop],
        ['shutdown.start', shutdown.start],
      ] as const)
    : []),
];

/** What a rollout needs; a command driver is known by the one that it reads with. */
const commandsOf = ({ router, runtime, migrations }: Deployment): Programs => [
  ...(router?.driver === 'command' ? [['router.read', router.read] as const] : []),
  ...(runtime?.driver === 'command' ? [['runtime.read', runtime.read] as const] : []),
  ...(runtime?.driver === 'docker-compose' ? [['runtime.compose', runtime.compose] as const] : []),
  ...(migrations?.driver === 'command' ? [['migrations.status', migrations.status] as const] : []),
];

async function diagnoseCommands(programs: Programs, env: Readonly<Record<string, string>>): Promise<Finding[]> {
  const findings = programs.map(async ([key, [program]]): Promise<Finding> => {
    const where = await findProgram(program, env['PATH'] ?? '');
    return where === undefined
      ? {
          ...about,
          name: key,
          ok: false,
          found: 'missing',
          where: program,
          next: `install ${program}, or correct ${key}`,
        }
      : { ...about, name: key, ok: true, found: 'command', where };
  });
  return Promise.all(findings);
}

/** That a code is at hand is told; the code is not. */
function credential(otp: OtpDelivery): Finding {
  const code = { ...about, name: 'one-time password', ok: true } as const;
  if (otp.from === 'response') return { ...code, found: 'none needed', where: 'the login tells it' };
  if (otp.from === 'fixed') return { ...code, found: 'present', where: 'a fixed test code in the target file' };
  return { ...code, found: 'by a command', where: otp.command[0] };
}
