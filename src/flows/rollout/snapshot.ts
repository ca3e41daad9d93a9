import { messageOf } from '../../core/errors.ts';
import type { SentSides } from '../../core/rollout/sent.ts';
import type { Side } from '../../core/rollout/step.ts';
import type { Pool } from '../../routers/index.ts';
import type { PlatformReading } from '../../core/platform.ts';
import type { Reading, Source } from '../../sources/index.ts';
import { platformOf, requireSome } from './platform-word.ts';
import type { RolloutRun } from './run.ts';
import { type NamedSide, namedSide, targetsOf } from './sides.ts';
import { measuredSide, sourceOf } from './source.ts';
import type { Synthetic } from './synthetic.ts';

/** The counters and the health of both sides, and the router or the platform, read at the same moment. */
export interface Snapshot {
  readonly monotonicMs: number;
  readonly canary: Reading;
  readonly baseline: Reading;
  readonly pool: Pool | { readonly platform: PlatformReading } | { readonly problem: string };
  readonly ready: boolean;
  /** As the router counts them; absent where it could not be read, or the runtime. */
  readonly sides?: NamedSides;
  /** Requests of our own up to this moment; absent where none are sent. */
  readonly sent?: SentSides;
}

export interface Sides {
  readonly canary: Side;
  readonly baseline: Side;
}

export interface NamedSides {
  readonly canary: NamedSide;
  readonly baseline: NamedSide;
}

/** Both sides as the router counts them at this moment. Throws ToolError where the runtime cannot be read. */
export async function namedSides({ canary, baseline }: Sides, run: Pick<RolloutRun, 'drivers'>): Promise<NamedSides> {
  const [own, other] = await Promise.all([namedSide(canary, run), namedSide(baseline, run)]);
  return { canary: own, baseline: other };
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
  const [[canaryScrapes, baselineScrapes], { pool, sides }, ready, sent] = await Promise.all([
    reading,
    readPool({ canary, baseline }, run).catch((error: unknown): Pooled => ({ pool: { problem: messageOf(error) } })),
    allReady(canary, run),
    synthetic.sent(),
  ]);
  return {
    monotonicMs,
    canary: canaryScrapes,
    baseline: baselineScrapes,
    pool,
    ready,
    ...(sides ? { sides } : {}),
    ...(sent ? { sent } : {}),
  };
}

type Pooled = Pick<Snapshot, 'pool' | 'sides'>;

async function readPool(sides: Sides, run: RolloutRun): Promise<Pooled> {
  if (sides.canary.kind === 'public')
    return { pool: { platform: requireSome(await platformOf(run).read({ signal: run.signal })) } };
  const [pool, named] = await Promise.all([run.drivers.router.read(), namedSides(sides, run)]);
  return { pool, sides: named };
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
