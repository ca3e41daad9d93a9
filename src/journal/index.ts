import type { StoreSettings } from '../core/drivers.ts';
import { openFolderStore } from './folder-store.ts';
import { openKubernetesStore } from './kubernetes-store.ts';
import { openPostgresStore } from './postgres-store.ts';
import type { TargetStore } from './store.ts';

export type { TargetStore } from './store.ts';

/** The store of a target; nothing is opened before its first call. */
export function openStore(settings: StoreSettings, target: string): TargetStore {
  switch (settings.driver) {
    case 'folder':
      return openFolderStore(settings.folder, target);
    case 'postgres':
      return openPostgresStore(settings, target);
    case 'kubernetes':
      return openKubernetesStore(settings.cluster, target);
  }
}
