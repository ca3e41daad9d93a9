import type { DriverCall } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import { type PlatformSettings, versionOf } from '../core/platform.ts';
import type { Command } from '../core/target.ts';
import { type CommandContext, demandCommand, fillCommand } from '../system/command.ts';
import { readDeployments, readTriggered } from './deployments.ts';
import type { Platform, Triggered } from './platform.ts';

const defaultTimeoutMs = 120_000;
const defaultReadTimeoutMs = 30_000;

/** Any tool that can print a platform's deployments as JSON, and start one. */
export function createCommandPlatform(settings: PlatformSettings, context: CommandContext): Platform {
  const { pollMs, liveWithinMs, answers, timeoutMs = defaultTimeoutMs } = settings;
  const readTimeoutMs = settings.readTimeoutMs ?? defaultReadTimeoutMs;
  const run = async (command: Command, facts: Readonly<Record<string, string>>, call: DriverCall | undefined) => {
    const { stdout } = await demandCommand(fillCommand(command, facts), { ...context, ...call, timeoutMs });
    return stdout;
  };
  const deploy: Platform['deploy'] = async (release, call) =>
    triggered(await run(settings.deploy, { release, version: versionOf(release) }, call));
  const triggered = (output: string): Triggered => readTriggered(output, settings.fields);
  const { rollback, cancel } = settings;
  return {
    name: 'command',
    pollMs,
    liveWithinMs,
    answers,
    read: async (call) => {
      // Reading changes nothing, so its process is not recorded.
      const options = { ...context, signal: call?.signal, timeoutMs: readTimeoutMs };
      const { stdout } = await demandCommand(settings.read, options);
      const reading = readDeployments(stdout, settings);
      if ('deployments' in reading) return reading;
      const what = `\`${settings.read.join(' ')}\` did not print the deployments as \`platform\` describes them`;
      throw new ToolError(`${what}: ${reading.problem}`, { command: settings.read, exitCode: 0 });
    },
    deploy,
    ...(rollback
      ? {
          rollback: async ({ deployment, release = '' }, call) =>
            triggered(await run(rollback, { deployment, release, version: versionOf(release) }, call)),
        }
      : {}),
    ...(cancel ? { cancel: async ({ id }, call) => void (await run(cancel, { deployment: id }, call)) } : {}),
  };
}
