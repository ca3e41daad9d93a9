import { messageOf } from '../../core/errors.ts';
import {
  applyChanges,
  diffFlags,
  type FlagChange,
  type FlagSnapshot,
  type FlagSnapshots,
  planFlagRestoration,
} from '../../core/flags.ts';
import { isMasked } from '../../core/redact.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import type { RolloutRecord } from '../../core/rollout/record.ts';
import type { RolloutStep } from '../../core/rollout/step.ts';
import { parseFlagData } from '../../journal/flag-data.ts';
import type { ConfiguredFlags } from '../drivers.ts';
import { stepFailed } from './release-steps.ts';
import { callOf, signalOf } from './retry.ts';
import type { RolloutRun } from './run.ts';

/** How long flags that cannot be read or written are tried again in a rollback. */
const retryMs = 30_000;
const pauseMs = 1000;

const flagsOf = ({ drivers }: RolloutRun): ConfiguredFlags => {
  if (drivers.flags) return drivers.flags;
  throw stepFailed('The target file names no `flags`.');
};

type SnapshotStep = RolloutStep & { do: 'snapshot-flags' };

/** Clause 4.2.2: all flags before anything of the release is changed, and afterwards what differs from that. */
export async function snapshotFlags({ at }: SnapshotStep, run: RolloutRun): Promise<StepOutcome> {
  const now = await flagsOf(run).driver.snapshot({ signal: signalOf(run) });
  if (at === undefined) return { summary: `${Object.keys(now).length} flags`, data: { flags: now } };
  const { before } = recordedSnapshots(run.record());
  const changes = diffFlags(before ?? {}, now);
  return { summary: changes.length === 0 ? 'no flag changed' : `changed: ${namesOf(changes)}`, data: { changes } };
}

const namesOf = (changes: readonly { readonly name: string }[]): string => changes.map(({ name }) => name).join(', ');

type Recorded = Partial<Omit<FlagSnapshots, 'now'>>;

/** The snapshots of a rollout, or of the one that a rollback undoes days later. */
export function recordedSnapshots({ plan, events }: RolloutRecord): Recorded {
  const found: { -readonly [Key in keyof Recorded]: FlagSnapshot } = { ...plan.undoes?.flags };
  for (const event of events) {
    if (event.type !== 'done' || event.step.do !== 'snapshot-flags') continue;
    const { flags, changes } = parseFlagData(event.data);
    const { at } = event.step;
    if (at === undefined) found.before = flags ?? {};
    else if (changes) found[at] = applyChanges(found.before ?? {}, changes);
  }
  return found;
}

/** Clause 4.2.2: exactly what the release changed, and what others changed since is listed and left alone. */
export async function restoreFlags(run: RolloutRun): Promise<StepOutcome> {
  const { driver, owned } = flagsOf(run);
  const { before, ...later } = recordedSnapshots(run.record());
  if (!before) return { summary: 'no snapshot was taken, so nothing of the release was started' };
  const now = await again(() => driver.snapshot({ signal: signalOf(run) }), run);
  const plan = planFlagRestoration({ before, ...later, now }, owned);
  // The journal keeps no secret, so a value that holds one cannot be written back from it.
  const masked = plan.restore.filter(({ to }) => to !== undefined && isMasked(to));
  const wanted = plan.restore.filter((change) => !masked.includes(change));
  await again(() => driver.restore(wanted, callOf(run)), run);
  await requireRestored(wanted, run);
  const left = [
    ...plan.left,
    ...masked.map(({ name }) => ({ name, because: 'its value before the release is masked' })),
  ];
  const summary = [
    wanted.length === 0 ? 'none to restore' : `restored and read back: ${namesOf(wanted)}`,
    ...(plan.restored.length > 0 ? [`as before already: ${plan.restored.join(', ')}`] : []),
    ...(left.length > 0 ? [`left alone: ${namesOf(left)}`] : []),
  ].join('; ');
  return {
    summary,
    ...(left.length > 0 ? { problems: left.map(({ name, because }) => `${name} was left alone: ${because}`) } : {}),
  };
}

/** What was changed meanwhile by another user is neither as before nor as it was. */
async function requireRestored(changes: readonly FlagChange[], run: RolloutRun): Promise<void> {
  const now = await again(() => flagsOf(run).driver.snapshot({ signal: signalOf(run) }), run);
  const valueOf = (name: string) => (Object.hasOwn(now, name) ? now[name] : undefined);
  const wrong = changes.filter(({ name, from, to }) => valueOf(name) !== to && valueOf(name) === from);
  if (wrong.length > 0) throw stepFailed(`Not restored, as read back: ${namesOf(wrong)}.`);
}

async function again<T>(work: () => Promise<T>, run: RolloutRun): Promise<T> {
  const deadline = run.clock.monotonic() + retryMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (run.clock.monotonic() >= deadline) throw error;
      run.emit({ type: 'step-progress', step: 'restore-flags', text: messageOf(error) });
      await run.clock.sleep(pauseMs);
    }
  }
}
