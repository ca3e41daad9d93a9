import { gateIds } from '../../../../src/core/gate.ts';
import { type PreflightEvidence, preflightParts } from '../../../../src/core/preflight.ts';
import type { PreflightGatherers } from '../../../../src/flows/preflight/context.ts';
import { outcome } from '../../judge-samples.ts';
import type { SimulatedProcess } from './crash.ts';
import type { SimulatedTarget } from './target.ts';

/** Quality gates of a simulated release; the target has nothing else of section 1. */
export function simulatePreflight(target: SimulatedTarget, process: SimulatedProcess): PreflightGatherers {
  const gates = (): PreflightEvidence['gates'] =>
    gateIds.map((gate) => ({
      gate,
      format: 'tap',
      outcome,
      report: { ran: 3, failed: target.failingGate ? 1 : 0, skipped: 0 },
      files: [],
      problems: [],
    }));
  const gather = (part: string) => () =>
    process.effect({
      name: `preflight ${part}`,
      perform: async () => ({ [part]: part === 'gates' ? gates() : { off: 'the target is simulated' } }),
    });
  return Object.fromEntries(preflightParts.map((part) => [part, gather(part)])) as unknown as PreflightGatherers;
}
