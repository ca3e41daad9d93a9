import { Command } from 'commander';
import { exitCodes } from '../src/core/verdict.ts';
import { sop } from '../src/flows/sop.ts';
import { renderSop } from '../src/report/sop.ts';
import { runCommand } from './cli.ts';

const program = new Command('sop')
  .description('The clause table: what judges each clause of the SOP, and the tests that show it green and red.')
  .option('--results <file>', 'the JSON report of a test run (reports/vitest.json): a test that did not pass is a gap')
  .option('--json', 'the table on stdout as JSON')
  .allowExcessArguments(false)
  .showSuggestionAfterError();

await runCommand(program, async (flow) => {
  const { json, ...options } = program.opts<{ json?: boolean; results?: string }>();
  const table = await sop(options, flow);
  const { color, columns } = flow.environment.stdout;
  process.stdout.write(
    json ? `${JSON.stringify(table, null, 2)}\n` : `${renderSop(table, { color, width: columns })}\n`,
  );
  return table.gaps.length === 0 ? exitCodes.go : exitCodes.noGo;
});
