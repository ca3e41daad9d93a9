import type { KubernetesRuntimeSettings } from '../core/drivers.ts';
import type { Runtime } from './runtime.ts';

export function createKubernetesRuntime(_settings: KubernetesRuntimeSettings): Runtime {
  throw new Error('not there yet');
}
