import { messageOf } from '../../core/errors.ts';
import type { Side } from '../../core/rollout/step.ts';
import type { Pool } from '../../routers/index.ts';
import type { Scrape } from '../../sources/scrape.ts';
import type { RolloutRun } from './run.ts';
import { countedIn, metricsOf, targetsOf } from './sides.ts';

/** The counters and the health of both sides, and the router, read at the same moment. */
export interface Snapshot {
  readonly monotonicMs: number;
  readonly canary: readonly Scrape[];
  readonly baseline: readonly Scrape[];
  readonly pool: Pool | { readonly problem: string };
  readonly ready: boolean;
}

export interface Sides {
  readonly canary: Side;
  readonly baseline: Side;
}

export async function takeSnapshot({ canary, baseline }: Sides, run: RolloutRun): Promise<Snapshot> {
  const monotonicMs = run.clock.monotonic();
  const [canaryScrapes, baselineScrapes, pool, ready] = await Promise.all([
    scrapeSide(canary, run),
    scrapeSide(baseline, run),
    run.drivers.router.read().catch((error: unknown) => ({ problem: messageOf(error) })),
    allReady(canary, run),
  ]);
  return { monotonicMs, canary: canaryScrapes, baseline: baselineScrapes, pool, ready };
}

/** Where the runtime cannot be read, nothing of the side is observed this time. */
const scrapeSide = (side: Side, run: RolloutRun): Promise<Scrape[]> =>
  metricsOf(side, run).then(
    (urls) => run.instruments.scrapeAll(urls, countedIn(run), run.signal),
    (error: unknown) => [{ url: 'the runtime', at: '', problem: messageOf(error) }],
  );

async function allReady(side: Side, run: RolloutRun): Promise<boolean> {
  const targets = await targetsOf(side, run, undefined).catch(() => []);
  if (targets.length === 0) return false;
  const answers = await Promise.all(targets.map((target) => run.instruments.isReady(target, run)));
  return answers.every(Boolean);
}
