import type { ClusterSettings } from '../core/cluster.ts';
import type { TargetStore } from './store.ts';

export function openKubernetesStore(_cluster: ClusterSettings, _target: string): TargetStore {
  throw new Error('not there yet');
}
