import { status } from '../src/flows/status.ts';
import { statusLines } from '../src/report/status.ts';
import { runCommand, rolloutCommand } from './cli.ts';

const program = rolloutCommand(
  'status',
  'Shows what is live, its weights, the last and the open rollout, and the commands that apply.',
);

await runCommand(program, async (flow) => {
  const { json, target } = program.opts<{ json?: boolean; target?: string }>();
  const found = await status({ target }, flow);
  const text = json ? JSON.stringify(found, null, 2) : statusLines(found, flow.environment.stdout.color).join('\n');
  process.stdout.write(`${text}\n`);
  return 0;
});
