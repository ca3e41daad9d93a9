import { Option } from 'commander';
import { deploy } from '../src/flows/deploy.ts';
import type { DeployOptions } from '../src/flows/rollout/options.ts';
import { renderRolloutPlan } from '../src/report/index.ts';
import { duration, runCommand, rolloutCommand, printResult } from './cli.ts';

const about = 'Ships a release to the idle colour, or instance by instance, and judges it at every step.';

const program = rolloutCommand('deploy', about)
  .option('--release <release>', 'what to ship (default: the one after the live one, where the target knows it)')
  .addOption(
    new Option('--strategy <how>', 'how it is shipped').choices(['blue-green', 'rolling']).default('blue-green'),
  )
  .option('--slo <file>', 'other objectives than config/slo.yaml')
  .option('--dry-run', 'print the plan and the forecast, and touch nothing')
  .addOption(new Option('--resume', 'go on with the rollout that is open').conflicts(['abort', 'dryRun', 'release']))
  .addOption(
    new Option('--abort', 'take the rollout that is open back').conflicts(['dryRun', 'release', 'acceptWeights']),
  )
  .option('--wait <time>', 'wait so long for another command that is at work on the target', duration)
  .option(
    '--accept-weights',
    'begin although somebody else has moved the traffic; with --resume: set it again as the rollout had it',
  )
  .option('--allow-production-load', 'send requests of our own to a target that is marked production');

await runCommand(program, async (flow) => {
  const { json, wait: waitMs, ...flags } = program.opts<DeployOptions & { json?: boolean; wait?: number }>();
  const deployed = await deploy({ ...flags, waitMs }, flow);
  if (deployed.kind === 'ended') {
    printResult(deployed.result, flow, json === true);
    return deployed.result.exitCode;
  }
  const { plan, forecast } = deployed;
  process.stdout.write(
    json ? `${JSON.stringify({ plan, forecast }, null, 2)}\n` : `${renderRolloutPlan(plan, forecast).join('\n')}\n`,
  );
  return 0;
});
