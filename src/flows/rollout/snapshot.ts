import { messageOf } from '../../core/errors.ts';
import type { SentSides } from '../../core/rollout/sent.ts';
import type { Side } from '../../core/rollout/step.ts';
import type { Pool } from '../../routers/index.ts';
import type { PlatformReading } from '../../core/platform.ts';
import type { Reading, Source } from '../../sources/index.ts';
import { platformOf, requireSome } from './platform-word.ts';
import type { RolloutRun } from './run.ts';
import { targetsOf } from './sides.ts';
import { measuredSide, sourceOf } from './source.ts';
import type { Synthetic } from './synthetic.ts';

/** The counters and the health of both sides, and the router or the platform, read at the same moment. */
export interface Snapshot {
  readonly monotonicMs: number;
  readonly canary: Reading;
  readonly baseline: Reading;
  readonly pool: Pool | { readonly platform: PlatformReading } | { readonly problem: string };
  readonly ready: boolean;
  /** Requests of our own up to this moment; absent where none are sent. */
  readonly sent?: SentSides;
}

export interface Sides {
  readonly canary: Side;
  readonly baseline: Side;
}

interface SnapshotContext {
  /** The snapshot that this one is compared with. */
  readonly before?: Snapshot;
  readonly synthetic: Pick<Synthetic, 'sent'>;
}

export async function takeSnapshot(
  { canary, baseline }: Sides,
  run: RolloutRun,
  { before, synthetic }: SnapshotContext,
): Promise<Snapshot> {
  const source = sourceOf(run, run.state().plan.live);
  const reading = Promise.all([
    readSide('canary', canary, source, run, before),
    readSide('baseline', baseline, source, run, before),
  ]);
  // Its next scrape is waited for, and the router's counters are to be those of the same moment.
  if (source.name === 'prometheus') await reading;
  const monotonicMs = run.clock.monotonic();
  const [[canaryScrapes, baselineScrapes], pool, ready, sent] = await Promise.all([
    reading,
    readPool(canary, run).catch((error: unknown) => ({ problem: messageOf(error) })),
    allReady(canary, run),
    synthetic.sent(),
  ]);
  const snapshot = { monotonicMs, canary: canaryScrapes, baseline: baselineScrapes, pool, ready };
  return sent ? { ...snapshot, sent } : snapshot;
}

async function readPool(canary: Side, run: RolloutRun): Promise<Snapshot['pool']> {
  if (canary.kind !== 'public') return run.drivers.router.read();
  return { platform: requireSome(await platformOf(run).read({ signal: run.signal })) };
}

/** Where the runtime or the source cannot be read, nothing of the side is observed this time; it is no failed step. */
const readSide = (
  role: 'canary' | 'baseline',
  side: Side,
  source: Source,
  run: RolloutRun,
  before: Snapshot | undefined,
): Promise<Reading> =>
  measuredSide(role, side, source, run)
    .then((measured) => source.read(measured, { after: before?.[role], signal: run.signal }))
    .catch((error: unknown) => [{ url: source.name, at: '', problem: messageOf(error) }]);

async function allReady(side: Side, run: RolloutRun): Promise<boolean> {
  const targets = await targetsOf(side, run, undefined).catch(() => []);
  if (targets.length === 0) return false;
  const answers = await Promise.all(targets.map((target) => run.instruments.isReady(target, run)));
  return answers.every(Boolean);
}
