import { Option } from 'commander';
import { deploy } from '../src/flows/deploy.ts';
import { strategies } from '../src/core/rollout/plan.ts';
import type { DeployOptions } from '../src/flows/rollout/options.ts';
import { renderRolloutPlan } from '../src/report/index.ts';
import { duration, runCommand, rolloutCommand, printResult } from './cli.ts';

const about = 'Deploys a release, blue-green, rolling or in place, judged at every stage; rolls it back on a breach.';

const program = rolloutCommand('deploy', about)
  .option('--release <release>', 'what to deploy (default: the one after the live one in the target file’s releases)')
  .addOption(
    new Option(
      '--strategy <strategy>',
      'rollout strategy (default: in-place where the target has a platform, else blue-green)',
    ).choices(strategies),
  )
  .option('--slo <file>', 'objectives to judge by (default: config/slo.yaml)')
  .option('--dry-run', 'print the plan and the forecast, and change nothing')
  .addOption(new Option('--resume', 'continue the open rollout').conflicts(['abort', 'dryRun', 'release']))
  .addOption(new Option('--abort', 'roll the open rollout back').conflicts(['dryRun', 'release', 'acceptWeights']))
  .option('--wait <time>', 'wait up to this long for the lock of the target', duration)
  .option(
    '--accept-weights',
    'start although the weights were changed by others; with --resume: set them again as the rollout had them',
  )
  .option('--retry-rejected <why>', 'ship a release although it was rolled back before')
  .option('--allow-production-load', 'consent to synthetic requests on a target of kind production');

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
