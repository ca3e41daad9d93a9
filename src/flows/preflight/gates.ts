import { gateIds } from '../../core/gate.ts';
import { runGate } from '../../runners/gate.ts';
import type { GatherPart } from './context.ts';

/** Clause 1.1. Side by side: none needs what another makes. */
export const gatherGates: GatherPart = async ({ target, runner }) => ({
  gates: await Promise.all(
    gateIds.flatMap((gate) => {
      const settings = target.gates[gate];
      return settings === undefined || 'off' in settings ? [] : [runGate(gate, settings, runner)];
    }),
  ),
});
