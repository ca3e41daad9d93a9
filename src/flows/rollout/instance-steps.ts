import type { RolloutStep } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import type { PoolMember } from '../../routers/index.ts';
import { type Done, stepFailed } from './release-steps.ts';
import { retry } from './retry.ts';
import type { RolloutRun } from './run.ts';

const pollMs = 50;
/** How long the router may need to report an instance up. */
const healthMs = 15_000;

/** Clause 2.R2. */
export async function startInstance(
  { instance, release }: RolloutStep & { do: 'start' },
  run: RolloutRun,
): Promise<Done> {
  const { runtime } = run.drivers;
  const place = (await runtime.read()).find(({ name }) => name === instance);
  if (place?.running && place.release === release) return { summary: 'already running' };
  if (place?.running) await runtime.stop(instance, run.state().plan.settings.drainMs);
  await runtime.start(instance, release);
  return { summary: 'started' };
}

/** Clause 2.R3: in the pool only once the router itself reports it up. */
export async function joinPool({ instance }: RolloutStep & { do: 'join' }, run: RolloutRun): Promise<Done> {
  const { router } = run.drivers;
  await retry(() => router.setMember(instance, 'ready'), run);
  const began = run.clock.monotonic();
  for (;;) {
    const member = (await retry(() => router.read(), run)).members.find(({ name }) => name === instance);
    if (member?.up && member.state === 'ready')
      return { summary: `up in the pool after ${formatMs(run.clock.monotonic() - began)}` };
    if (run.clock.monotonic() - began > healthMs)
      throw stepFailed(`The router does not report ${instance} up within ${formatMs(healthMs)}.`);
    await run.clock.sleep(pollMs);
  }
}

/** Clause 2.R1: no new requests, and time for the ones in flight. Throws where no other instance would serve users. */
export async function drainInstance({ instance }: RolloutStep & { do: 'drain' }, run: RolloutRun): Promise<Done> {
  const { router } = run.drivers;
  const { drainMs } = run.state().plan.settings;
  const { members } = await retry(() => router.read(), run);
  const serves = ({ up, state, weight }: PoolMember) => up && state === 'ready' && weight > 0;
  if (!members.some((member) => member.name !== instance && serves(member))) {
    if (members.some((member) => member.name === instance && serves(member)))
      throw stepFailed(`${instance} is the only instance that serves users, so it was left in the pool.`);
    return { summary: 'no instance serves users, this one neither' };
  }
  await retry(() => router.setMember(instance, 'drain'), run);
  const began = run.clock.monotonic();
  for (;;) {
    const member = (await retry(() => router.read(), run)).members.find(({ name }) => name === instance);
    if (!member) throw stepFailed(`${instance} is no longer a server of the router.`);
    const waitedMs = run.clock.monotonic() - began;
    if (member.state !== 'ready' && member.inFlight === 0)
      return { summary: `nothing in flight after ${formatMs(waitedMs)}` };
    // Long-lived connections (chat) may stay; the instance closes them at its SIGTERM.
    if (waitedMs > drainMs) return { summary: `${member.inFlight} still in flight after ${formatMs(waitedMs)}` };
    await run.clock.sleep(pollMs);
  }
}

/** Clause 2.R4: SIGTERM, the time that the SOP allows, and the exit code. */
export async function stopInstance({ instance }: RolloutStep & { do: 'stop' }, run: RolloutRun): Promise<Done> {
  const { exitCode, killed, durationMs } = await run.drivers.runtime.stop(instance, run.state().plan.settings.drainMs);
  await retry(() => run.drivers.router.setMember(instance, 'out'), run);
  if (killed) return { summary: `killed: still running ${formatMs(durationMs)} after SIGTERM (2.R4)` };
  return {
    summary:
      exitCode === 0
        ? `exit code 0 after ${formatMs(durationMs)}`
        : `exit code ${exitCode ?? 'unknown'} after ${formatMs(durationMs)}`,
  };
}
