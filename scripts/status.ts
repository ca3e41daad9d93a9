import { status } from '../src/flows/status.ts';
import { statusLines } from '../src/report/status.ts';
import { runCommand, rolloutCommand } from './cli.ts';

const program = rolloutCommand(
  'status',
  'What is live, at which weight, by which run, what is open, and what may be typed next.',
);

await runCommand(program, async (flow) => {
  const { json, target } = program.opts<{ json?: boolean; target?: string }>();
  const found = await status({ target }, flow);
  const text = json ? JSON.stringify(found, null, 2) : statusLines(found, flow.environment.stdout.color).join('\n');
  process.stdout.write(`${text}\n`);
  return 0;
});
