import { gateIds } from '../../../../src/core/gate.ts';
import { type PreflightEvidence, type PreflightPart, preflightParts } from '../../../../src/core/preflight.ts';
import type { PreflightContext, PreflightGatherers } from '../../../../src/flows/preflight/context.ts';
import { outcome } from '../../judge-samples.ts';
import type { SimulatedProcess } from './crash.ts';
import type { SimulatedTarget } from './target.ts';

const off = { off: 'simulated' };
const monitoringOff: PreflightEvidence['monitoring'] = {
  release: off,
  alerts: {
    found: [],
    unmeasured: { 'crash-free': off, 'payment-success': off, 'server-errors': off },
    objectives: [],
    environment: 'staging',
  },
};

/** Quality gates of a simulated release; the target has nothing else of section 1. */
export function simulatePreflight(target: SimulatedTarget, process: SimulatedProcess): PreflightGatherers {
  const gates = ({ target: asked }: PreflightContext): PreflightEvidence['gates'] =>
    gateIds
      .filter((gate) => !('off' in (asked.gates[gate] ?? {})))
      .map((gate) => ({
        gate,
        format: 'tap',
        outcome,
        report: { ran: 3, failed: target.failingGate ? 1 : 0, skipped: 0 },
        files: [],
        problems: [],
      }));
  const evidenceOf = (part: PreflightPart, context: PreflightContext) => {
    switch (part) {
      case 'gates':
        return gates(context);
      case 'calendar':
        return { at: new Date(target.nowMs).toISOString(), periods: [] };
      case 'monitoring':
        return monitoringOff;
      case 'database':
        return { unmeasured: off };
      case 'artifacts':
        return { bundle: off, image: off };
    }
  };
  const gather = (part: PreflightPart) => (context: PreflightContext) =>
    process.effect({ name: `preflight ${part}`, perform: async () => ({ [part]: evidenceOf(part, context) }) });
  return Object.fromEntries(preflightParts.map((part) => [part, gather(part)])) as unknown as PreflightGatherers;
}
