import { Command } from 'commander';
import { report } from '../src/flows/report.ts';
import { runCommand, printResult } from './cli.ts';

const program = new Command('report')
  .description('Renders a past run again, or judges its evidence by other objectives. Does not touch the target.')
  .argument('[run]', 'id of the run, the beginning of it, or last', 'last')
  .option('--slo <file>', 'judge by these objectives')
  .option('--target <name>', "fetch the rollout from this target's store first")
  .option('--json', 'verdict.json on stdout instead of the summary')
  .allowExcessArguments(false);

await runCommand(program, async (flow) => {
  const { json, ...options } = program.opts<{ json?: boolean; slo?: string; target?: string }>();
  const result = await report({ run: program.args[0] ?? 'last', ...options }, flow);
  printResult(result, flow, json === true);
  return result.exitCode;
});
