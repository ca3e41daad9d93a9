import type { SideRuntime } from '../../../../src/runtimes/index.ts';
import type { SimulatedProcess } from './crash.ts';

/** What replaces the instances of a target by itself, as time passes, whether or not a command runs. */
export interface SideController {
  readonly reconcile: () => void;
  readonly driverFor: (process: SimulatedProcess) => SideRuntime;
}
