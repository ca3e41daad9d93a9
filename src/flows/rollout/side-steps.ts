import { messageOf, UserError } from '../../core/errors.ts';
import type { PoolMember } from '../../core/pool.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import { isRolledByRuntime, type RuntimeRollingPlan } from '../../core/rollout/plan.ts';
import type { RolloutStep } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import type { SideReplaced, SideRuntime } from '../../runtimes/index.ts';
import { stepFailed } from './release-steps.ts';
import { callOf, signalOf } from './retry.ts';
import type { RolloutRun } from './run.ts';
import { takesUsers } from './serving.ts';

const pollMs = 100;
/** How long the router may need until it sends users to new instances, and to none of those that ended. */
const poolMs = 15_000;

/** Clause 2.B1 where the runtime replaces all instances of a colour by itself. */
export const releaseSide = async (
  { colour, release }: RolloutStep & { do: 'release' },
  run: RolloutRun,
): Promise<StepOutcome> => outcomeOf(await replacedBy(run, ({ replace }) => replace(colour, release, callOf(run))));

/**
 * Clauses 2.R1 to 2.R4 where the runtime replaces instances by itself: those that it reports ready are in the pool, and none that it
 * has ended is. Throws ToolError where an instance of the release cannot start, with its own reason, or does not join the pool.
 */
export async function roll({ release, part }: RolloutStep & { do: 'roll' }, run: RolloutRun): Promise<StepOutcome> {
  const { live } = planOf(run);
  const replaced = await replacedBy(run, ({ replace, replaceFirst }) =>
    (part === 'first' ? replaceFirst : replace)(live, release, callOf(run)),
  );
  if (replaced.instances.length === 0) throw stepFailed(`The runtime reports no instance of ${release} ready.`);
  const joined = await untilPool(run, (serving) => isIn(replaced.instances, serving));
  if (!joined.isReached)
    throw stepFailed(
      `The router does not send users to ${missing(replaced.instances, joined.serving)} within ${formatMs(poolMs)}${joined.problem}.`,
    );
  const outcome = outcomeOf(replaced, `in the pool after ${formatMs(joined.afterMs)}`);
  if (part === 'first') return outcome;
  const { lingering, unread } = await lingeringBeside(replaced.instances, run);
  // Without `lingering` nothing shows that the router leaves them out.
  return unread === undefined ? { ...outcome, lingering } : { ...outcome, summary: `${outcome.summary}; ${unread}` };
}

/** Clause 4.2.1: no instance of the newer release is left. The router is asked too, and a rollback does not depend on it. */
export async function rollBack({ release }: RolloutStep & { do: 'roll-back' }, run: RolloutRun): Promise<StepOutcome> {
  const { live, previousRelease } = planOf(run);
  if (previousRelease === undefined)
    throw stepFailed('The runtime knows no release before it, so there is nothing to return to.');
  const restored = await replacedBy(run, ({ restore }) => restore(live, release, callOf(run)));
  const { lingering, unread } = await lingeringBeside(restored.instances, run);
  const problems = lingering.map((name) => `the router still sends users to ${name}, which has ended`);
  const unknown = unread === undefined ? [] : [unread];
  return outcomeOf({ ...restored, problems: [...restored.problems, ...problems, ...unknown] });
}

function planOf(run: Pick<RolloutRun, 'state'>): RuntimeRollingPlan {
  const { plan } = run.state();
  if (!isRolledByRuntime(plan)) throw stepFailed(`A ${plan.strategy} rollout is not executed by the runtime.`);
  return plan;
}

/**
 * What the runtime makes of a call. Within a rollout a configuration that does not fit is a failed step and no wrong command. Throws
 * ToolError.
 */
async function replacedBy(run: RolloutRun, call: (sides: SideRuntime) => Promise<SideReplaced>): Promise<SideReplaced> {
  const { sides } = run.drivers.runtime;
  if (!sides) throw stepFailed('The runtime of the target file does not replace instances by itself any more.');
  try {
    return await call(sides);
  } catch (error) {
    throw error instanceof UserError ? stepFailed([error.message, ...error.next].join('; ')) : error;
  }
}

function outcomeOf({ summary, endings, problems }: SideReplaced, pool?: string): StepOutcome {
  return {
    summary: [summary, ...(pool === undefined ? [] : [pool]), ...endings.map(describeEnding)].join('; '),
    endings: endings.map(({ name, exitCode, killed }) => ({ name, code: exitCode, killed })),
    ...(problems.length > 0 ? { problems } : {}),
  };
}

const describeEnding = ({ name, exitCode, killed }: SideReplaced['endings'][number]): string =>
  `${name} ${killed ? 'was killed' : `ended with exit code ${exitCode ?? 'unknown'}`}`;

const isIn = (instances: readonly string[], serving: readonly PoolMember[]): boolean =>
  instances.every((name) => serving.some((member) => member.name === name));

const missing = (instances: readonly string[], serving: readonly PoolMember[]): string =>
  instances.filter((name) => !isIn([name], serving)).join(', ');

/** The instances of the colour that the router still sends users to, and that the runtime has ended; `unread`: they are not known. */
async function lingeringBeside(
  instances: readonly string[],
  run: RolloutRun,
): Promise<{ readonly lingering: readonly string[]; readonly unread?: string }> {
  const { live } = planOf(run);
  const others = (serving: readonly PoolMember[]) =>
    serving.flatMap(({ name, colour }) => (colour === live && !instances.includes(name) ? [name] : []));
  const { serving, problem } = await untilPool(run, (members) => others(members).length === 0);
  const lingering = others(serving);
  return problem === ''
    ? { lingering }
    : { lingering, unread: `whether the router leaves out what has ended is not known${problem}` };
}

interface Pooled {
  readonly isReached: boolean;
  readonly serving: readonly PoolMember[];
  readonly afterMs: number;
  /** Why the router was not read the last time, to be appended to a sentence; empty where it was. */
  readonly problem: string;
}

/** Reads the router until its servers are as wanted. */
async function untilPool(run: RolloutRun, isWanted: (serving: readonly PoolMember[]) => boolean): Promise<Pooled> {
  const began = run.clock.monotonic();
  let serving: readonly PoolMember[] = [];
  let problem = '';
  for (;;) {
    let isReached = false;
    try {
      const { members } = await run.drivers.router.read({ signal: signalOf(run) });
      serving = members.filter((member) => takesUsers(member) && member.up);
      isReached = isWanted(serving);
      problem = '';
    } catch (error) {
      problem = `: ${messageOf(error)}`;
    }
    const afterMs = run.clock.monotonic() - began;
    if (isReached || afterMs > poolMs || signalOf(run).aborted) return { isReached, serving, afterMs, problem };
    await run.clock.sleep(pollMs, signalOf(run));
  }
}
