import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../src/config/duration.ts';
import type { DeployOptions } from '../src/flows/rollout/options.ts';
import { watch } from '../src/flows/watch.ts';
import { duration, printShipped, rolloutCommand, runCommand } from './cli.ts';

const about = 'Watches a live release that was shipped otherwise for `watch.for`; rolls it back on a breach.';

/** Milliseconds since the epoch, of a time or of a duration before now. */
function instant(text: string): number {
  const agoMs = parseDuration(text);
  const at = agoMs === undefined ? Date.parse(text) : Date.now() - agoMs;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError('a time is needed, for example 2026-11-26T12:00:00Z, or how long ago: 12m');
}

const program = rolloutCommand('watch', about)
  .option('--release <release>', 'the release that is live')
  .addOption(
    new Option('--env <colour>', 'where it is live (default: asks the router or the platform)').choices([
      'blue',
      'green',
      'live',
    ]),
  )
  .option('--since <time>', 'when it was shipped; the time until now was not observed, and the report says so', instant)
  .option('--slo <file>', 'objectives to judge by (default: config/slo.yaml)')
  .option('--dry-run', 'print the plan, and change nothing')
  .addOption(new Option('--resume', 'continue the open watch').conflicts(['abort', 'dryRun', 'release', 'since']))
  .addOption(new Option('--abort', 'return traffic to the previous colour').conflicts(['dryRun', 'release', 'since']))
  .option('--wait <time>', 'wait up to this long for the lock of the target', duration)
  .option('--allow-production-load', 'consent to synthetic requests on a target of kind production');

type Flags = DeployOptions & { json?: boolean; wait?: number; env?: string; since?: number };

await runCommand(program, async (flow) => {
  const { json, wait: waitMs, env: environment, since: sinceMs, ...flags } = program.opts<Flags>();
  const watched = await watch({ ...flags, waitMs, environment, sinceMs }, flow);
  return printShipped(watched, flow, json === true);
});
