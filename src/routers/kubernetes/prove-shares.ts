import type { DriverCall, ShareProbeSettings } from '../../core/drivers.ts';
import type { ToolError } from '../../core/errors.ts';
import type { Shares } from '../../core/rollout/step.ts';
import { systemClock } from '../../system/clock.ts';
import type { RouterChange } from '../router.ts';
import { indistinct, type Releases } from './pod-releases.ts';
import { measureShare } from './share-measurement.ts';

interface Proof {
  readonly probe: ShareProbeSettings;
  readonly releases: Releases;
  readonly shares: Shares;
  /** Before the change; undefined where nothing was changed now. */
  readonly before: Shares | undefined;
  readonly beganMs: number;
  readonly deadlineMs: number;
  /** Throws where the shares are no longer those that were set. */
  readonly recheck: () => Promise<void>;
  readonly fail: (text: string) => ToolError;
}

/** Measures what is served after a change. Throws ToolError where users get something else than was set. */
export async function proveShares(proof: Proof, call?: DriverCall): Promise<RouterChange> {
  const { probe, releases, shares, before, beganMs, deadlineMs, recheck, fail } = proof;
  const unclear = indistinct(releases);
  if (unclear) {
    await recheck();
    const text = `the served share was not measured: ${unclear.text}`;
    return unclear.same ? { problems: [text] } : { problems: [], unmeasured: text };
  }
  const measured = await measureShare({
    probe,
    releases,
    question: { wanted: shares.green / 100, before: before && before.green / 100 },
    deadlineMs,
    recheck,
    signal: call?.signal,
  });
  if (call?.signal?.aborted) throw fail('the measurement of the served share was interrupted');
  const afterMs = systemClock.monotonic() - beganMs;
  // Whatever restores an object does so within seconds of the change.
  await recheck();
  switch (measured.kind) {
    case 'agrees':
      return { problems: [], measured: { green: measured.green, answers: measured.answers, afterMs } };
    case 'disagrees':
      throw fail(`the answers of ${probe.url} do not agree: ${measured.text}`);
    case 'unknown':
      return { problems: [], unmeasured: `the served share was not measured at ${probe.url}: ${measured.text}` };
  }
}
