import { expect, it } from 'vitest';
import { runCommand } from './support/command.ts';

/** What the command line itself refuses; tests/unit/rollout/refusals.test.ts has what the workflow refuses. */
it.each([
  [['--strategy', 'big-bang'], 'Allowed choices are blue-green, rolling'],
  [['--resume', '--abort'], 'cannot be used with'],
  [['--wait', 'long'], 'a duration is needed'],
  [['--abort', '--accept-weights'], 'cannot be used with'],
])('%j', async (args, message) => {
  const { exitCode, stderr } = await runCommand('deploy', args);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
});

it('decide: --go and --no-go exclude each other', async () => {
  const { exitCode, stderr } = await runCommand('decide', ['--no-go', '--go', '--by', 'Ada', '--because', 'x']);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('one of --go, --no-go and --extend')]);
});
