import type { Colour } from '../../../../src/core/target.ts';
import type { PoolMember } from '../../../../src/routers/index.ts';

/** One place of the simulated runtime, and the server of the same name in the simulated router. */
export interface Instance {
  readonly name: string;
  readonly colour: Colour;
  readonly surge: boolean;
  running: boolean;
  release?: string;
  startedAtMs: number;
  weight: number;
  state: PoolMember['state'];
  /** Its own counters, since its start. */
  requests: number;
  errors: number;
  served: number;
  failed: number;
}

export const place = (name: string, colour: Colour, more: Partial<Instance> = {}): Instance => ({
  name,
  colour,
  surge: false,
  running: false,
  startedAtMs: 0,
  weight: 0,
  state: 'ready',
  requests: 0,
  errors: 0,
  served: 0,
  failed: 0,
  ...more,
});
