import { ToolError } from '../../core/errors.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import type { RolloutStep } from '../../core/rollout/step.ts';
import { callOf } from './retry.ts';
import type { RolloutRun } from './run.ts';
import { placesOf } from './sides.ts';

/** A step that failed throws ToolError. */
export const stepFailed = (because: string): ToolError => new ToolError(because, { command: [], exitCode: null });

/** Clause 2.B1. An instance that runs the release already is left alone, so that a resumed rollout repeats nothing. */
export async function releaseColour(
  { colour, release }: RolloutStep & { do: 'release' },
  run: RolloutRun,
): Promise<StepOutcome> {
  const { runtime } = run.drivers;
  const { drainMs } = run.state().plan.settings;
  const places = await placesOf({ kind: 'colour', colour }, run);
  if (places.length === 0) throw stepFailed(`The runtime has no place for ${colour}.`);
  const summaries = await Promise.all(
    places.map(async (place) => {
      if (place.running && place.release === release) return `${place.name} already runs it`;
      const ending = place.running ? await runtime.stop(place.name, drainMs, callOf(run)) : undefined;
      await runtime.start(place.name, release, callOf(run));
      return `${place.name} started${ending?.killed ? `, after ${place.release ?? 'the previous one'} had to be killed` : ''}`;
    }),
  );
  return { summary: summaries.join(', ') };
}

/** Clause 2.B2. */
export async function migrate(run: RolloutRun): Promise<StepOutcome> {
  const { migrations } = run.drivers;
  const { release } = run.state().plan;
  if (!migrations) return { summary: 'the target names no migrations' };
  const pendingNow = async () =>
    (await migrations.status(release)).filter(({ applied }) => !applied).map(({ id }) => id);
  const pending = await pendingNow();
  if (pending.length === 0) return { summary: 'none pending' };
  await migrations.up(release, callOf(run));
  const left = await pendingNow();
  if (left.length > 0) throw stepFailed(`The migrations command succeeded, and ${left.join(', ')} is still pending.`);
  return { summary: `${pending.join(', ')} applied` };
}
