import type { StartedProcess } from '../../core/drivers.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import type { RolloutStep } from '../../core/rollout/step.ts';
import { stepFailed } from './release-steps.ts';
import { callOf, signalOf } from './retry.ts';
import type { RolloutRun } from './run.ts';

/** Longer than any migration command may run. */
const longestMs = 20 * 60_000;

/** Clause 4.2.3: reverts exactly what this release applied, newest first; what it did not get to apply is left out. */
export async function migrateDown(
  { ids }: RolloutStep & { do: 'migrate-down' },
  run: RolloutRun,
): Promise<StepOutcome> {
  const { migrations } = run.drivers;
  if (!migrations) throw stepFailed('The target file names no `migrations` any more.');
  const { release } = run.state().plan;
  await settleMigrations(run);
  const appliedNow = async () => {
    const applied = (await migrations.status(release)).filter((each) => each.applied).map(({ id }) => id);
    return ids.filter((id) => applied.includes(id));
  };
  const applied = await appliedNow();
  if (applied.length === 0) return { summary: `not applied: ${ids.join(', ')}` };
  await migrations.down(applied, release, callOf(run));
  const left = await appliedNow();
  if (left.length > 0) throw stepFailed(`The down migrations succeeded, and ${left.join(', ')} is still applied.`);
  return { summary: `reverted and read back: ${applied.toReversed().join(', ')}` };
}

/** A migration that a dead process has started is left to finish: reverting it in the middle would leave half of it. */
async function settleMigrations(run: RolloutRun): Promise<void> {
  for (const process of unfinishedMigrations(run)) {
    const ended = await run.instruments.waitForGroup(process, { timeoutMs: longestMs, signal: signalOf(run) });
    if (!ended) throw stepFailed(`A migration command, process ${process.pid} on ${process.host}, is still running.`);
  }
}

function unfinishedMigrations(run: RolloutRun): readonly StartedProcess[] {
  let started: StartedProcess[] = [];
  let migrating = false;
  for (const event of run.record().events) {
    if (event.type === 'intended') migrating = event.step.do === 'migrate';
    if (event.type === 'command-started' && migrating) started.push(event.process);
    if (event.type === 'done' && event.step.do === 'migrate') started = [];
  }
  return started;
}
