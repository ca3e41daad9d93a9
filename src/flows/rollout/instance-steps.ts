import type { PoolMember } from '../../core/pool.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import type { RolloutStep } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import { stepFailed } from './release-steps.ts';
import { callOf, retry, signalOf } from './retry.ts';
import type { RolloutRun } from './run.ts';
import { takesUsers } from './serving.ts';

const pollMs = 50;
/** How long the router may need to report an instance up. */
const healthMs = 15_000;

/** Clause 2.R2. */
export async function startInstance(
  { instance, release }: RolloutStep & { do: 'start' },
  run: RolloutRun,
): Promise<StepOutcome> {
  const { runtime } = run.drivers;
  const place = (await runtime.read()).find(({ name }) => name === instance);
  if (place?.running && place.release === release) return { summary: 'already running' };
  if (place?.running) await runtime.stop(instance, run.state().plan.settings.drainMs, callOf(run));
  await runtime.start(instance, release, callOf(run));
  return { summary: 'started' };
}

const memberOf = async (instance: string, run: RolloutRun): Promise<PoolMember | undefined> =>
  (await retry((signal) => run.drivers.router.read({ signal }), run)).members.find(({ name }) => name === instance);

/** Sets the state of one server; what failed beside it is part of the outcome. */
async function setMember(
  instance: string,
  state: PoolMember['state'],
  run: RolloutRun,
): Promise<Pick<StepOutcome, 'problems'>> {
  const { problems } = await retry(() => run.drivers.router.setMember(instance, state, callOf(run)), run);
  return problems.length > 0 ? { problems } : {};
}

/** Clause 2.R3: in the pool only once the router itself reports it up. */
export async function joinPool({ instance }: RolloutStep & { do: 'join' }, run: RolloutRun): Promise<StepOutcome> {
  const problems = await setMember(instance, 'ready', run);
  const began = run.clock.monotonic();
  for (;;) {
    const member = await memberOf(instance, run);
    const waitedMs = run.clock.monotonic() - began;
    if (member?.up && member.state === 'ready')
      return { summary: `up in the pool after ${formatMs(waitedMs)}`, ...problems };
    if (waitedMs > healthMs)
      throw stepFailed(`The router does not report ${instance} up within ${formatMs(healthMs)}.`);
    await run.clock.sleep(pollMs);
  }
}

/** The servers that serve users, once there is one besides the instance, or once the router has had its time to report one. */
async function untilOthersServe(instance: string, run: RolloutRun): Promise<readonly PoolMember[]> {
  const began = run.clock.monotonic();
  for (;;) {
    const { members } = await retry((signal) => run.drivers.router.read({ signal }), run);
    const serving = members.filter((member) => takesUsers(member) && member.up);
    if (serving.some(({ name }) => name !== instance)) return serving;
    if (run.clock.monotonic() - began > healthMs) return serving;
    await run.clock.sleep(pollMs, signalOf(run));
    if (signalOf(run).aborted) return serving;
  }
}

/** Clause 2.R1: no new requests, and time for the ones in flight. Throws where no other instance would serve users. */
export async function drainInstance(
  { instance }: RolloutStep & { do: 'drain' },
  run: RolloutRun,
): Promise<StepOutcome> {
  const { drainMs } = run.state().plan.settings;
  const serving = await untilOthersServe(instance, run);
  if (!serving.some(({ name }) => name !== instance)) {
    if (serving.length > 0)
      throw stepFailed(`${instance} is the only instance that serves users, so it was left in the pool.`);
    return { summary: 'no instance serves users, this one neither' };
  }
  const problems = await setMember(instance, 'drain', run);
  const began = run.clock.monotonic();
  for (;;) {
    const member = await memberOf(instance, run);
    if (!member) throw stepFailed(`${instance} is no longer a server of the router.`);
    const waitedMs = run.clock.monotonic() - began;
    if (member.state !== 'ready' && member.inFlight === 0)
      return { summary: `nothing in flight after ${formatMs(waitedMs)}`, ...problems };
    if (waitedMs > drainMs)
      return { summary: `${member.inFlight} still in flight after ${formatMs(waitedMs)}`, ...problems };
    await run.clock.sleep(pollMs);
  }
}

/**
 * Clauses 2.R1 and 2.R4: out of the pool, so that no user returns to it by his cookie, then SIGTERM, the time that the SOP
 * allows, and the exit code. Connections that are still open (chat) are closed by the instance itself, and are counted.
 */
export async function stopInstance({ instance }: RolloutStep & { do: 'stop' }, run: RolloutRun): Promise<StepOutcome> {
  const { drainMs } = run.state().plan.settings;
  const problems = await setMember(instance, 'out', run);
  const open = (await memberOf(instance, run))?.inFlight ?? 0;
  const { exitCode, killed, durationMs } = await run.drivers.runtime.stop(instance, drainMs, callOf(run));
  const how = killed
    ? `killed: still running ${formatMs(durationMs)} after SIGTERM (2.R4)`
    : `exit code ${exitCode ?? 'unknown'} after ${formatMs(durationMs)}`;
  const connections = open === 0 ? '' : `, with ${open} connection${open === 1 ? '' : 's'} open at SIGTERM`;
  return { summary: `${how}${connections}`, exit: { code: exitCode, killed }, ...problems };
}
