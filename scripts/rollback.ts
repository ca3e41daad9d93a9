import { Option } from 'commander';
import { rollback } from '../src/flows/rollback.ts';
import type { RollbackOptions } from '../src/flows/rollout/rollback-options.ts';
import { duration, printResult, rolloutCommand, runCommand } from './cli.ts';

const about =
  'Undoes a release: traffic, flags, schema; informs the incident channel, opens the retro ticket, records the failed deploy.';

const program = rolloutCommand('rollback', about)
  .option('--release <release>', 'what is rolled back')
  .option('--reason <text>', 'why; shown in the report, the incident channel and the ticket')
  .option('--dry-run', 'print the steps, and change nothing')
  .option('--start-previous', 'start the previous release first where it does not run any more')
  .addOption(
    new Option('--resume', 'continue a rollback that was interrupted or has failed').conflicts([
      'release',
      'reason',
      'dryRun',
      'startPrevious',
    ]),
  )
  .option('--wait <time>', 'wait up to this long for the lock of the target', duration)
  .option('--allow-production-load', 'consent to synthetic requests for the proof on a target of kind production');

await runCommand(program, async (flow) => {
  const { json, wait: waitMs, ...flags } = program.opts<RollbackOptions & { json?: boolean; wait?: number }>();
  const outcome = await rollback({ ...flags, waitMs }, flow);
  if (outcome.kind === 'ended') {
    printResult(outcome.result, flow, json === true);
    return outcome.result.exitCode;
  }
  process.stdout.write(
    json ? `${JSON.stringify({ steps: outcome.lines }, null, 2)}\n` : `${outcome.lines.join('\n')}\n`,
  );
  return 0;
});
