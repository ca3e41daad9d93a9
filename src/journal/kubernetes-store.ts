import { randomUUID } from 'node:crypto';
import type { ClusterSettings } from '../core/cluster.ts';
import { openKubernetes } from '../system/kubernetes.ts';
import { fileRecords } from './kubernetes/files.ts';
import { lineRecords } from './kubernetes/lines.ts';
import {
  configMaps,
  labelsOf,
  leases,
  nameOf,
  repeated,
  type StoredObject,
  storeObjects,
  type StoreObjects,
} from './kubernetes/objects.ts';
import { valueRecord } from './kubernetes/values.ts';
import type { RunRecords, StoredRun, TargetStore } from './store.ts';

/** A Lease and ConfigMaps in the target's namespace, which all machines reach that reach the cluster. */
export function openKubernetesStore(cluster: ClusterSettings, target: string): TargetStore {
  const { connect } = openKubernetes(cluster);
  const objects = storeObjects(connect);
  const own = `shiproom.${nameOf(target)}`;
  return {
    place: placeOf(cluster),
    target,
    lock: valueRecord(objects, leases, { name: `${own}.lock`, labels: labelsOf(target, 'lock'), key: 'lock' }),
    value: (name) =>
      valueRecord(objects, configMaps, {
        name: `${own}.value.${nameOf(name)}`,
        labels: labelsOf(target, 'value'),
        key: name,
      }),
    runs: runRecords(objects, target),
    keepsRunsIn: () => false,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function placeOf({ namespace, context, kubeconfig }: ClusterSettings): string {
  const where = context === undefined ? 'the current context' : `context ${context}`;
  const file = kubeconfig === undefined ? '' : ` in ${kubeconfig}`;
  return `ConfigMaps of ${namespace === undefined ? 'the namespace' : `namespace ${namespace}`} of ${where}${file}`;
}

function runRecords(objects: StoreObjects, target: string): RunRecords {
  const files = fileRecords(objects, target);
  const list = async (): Promise<StoredRun[]> =>
    (await repeated(() => objects.list(labelsOf(target, 'run'))))
      .map(runOf)
      .toSorted((a, b) => a.sequence - b.sequence);
  return {
    ...files,
    ...lineRecords(objects, target, files),
    list,
    create: async (runId) => {
      const write = randomUUID();
      for (;;) {
        const runs = await list();
        const known = runs.find((run) => run.runId === runId);
        if (known) return known;
        const sequence = (runs.at(-1)?.sequence ?? 0) + 1;
        const name = `shiproom.${nameOf(target)}.sequence.${String(sequence).padStart(9, '0')}`;
        const data = { runId, sequence: String(sequence), write };
        const draft = { name, labels: labelsOf(target, 'run', runId), annotations: {}, content: { data } };
        const isOwn = await repeated(async () => {
          if (await objects.create(configMaps, draft)) return true;
          return (await objects.get(configMaps, name))?.data['write'] === write;
        });
        if (isOwn) return { runId, sequence };
      }
    },
  };
}

function runOf({ metadata: { name }, data }: StoredObject): StoredRun {
  const { runId, sequence = '' } = data;
  if (runId === undefined || !/^[1-9]\d{0,8}$/.test(sequence))
    throw new Error(`ConfigMap ${name} was edited, or written by another version: it names no run`);
  return { runId, sequence: Number(sequence) };
}
