// `npm run cluster`: a cluster with FreeTask that stays until Ctrl-C, to try a driver by hand.
import { once } from 'node:events';
import { addresses } from './support/addresses.ts';
import { startCluster } from './support/cluster.ts';
import { startFreetask } from './support/freetask.ts';

const print = (text: string) => process.stdout.write(`${text}\n`);
const ended = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
await using cluster = await startCluster({ log: print });
await using freetask = await startFreetask(cluster, {
  namespace: 'freetask',
  blue: { release: 'freetask@1.4.0', replicas: 2 },
  green: { release: 'freetask@1.4.0', replicas: 2 },
});
print(`
FreeTask: ${addresses.gateway} (HTTPRoute freetask), ${addresses.selected} (Service freetask), namespace ${freetask.namespace}

in this network:
  nsenter --target ${process.pid} --net -- env KUBECONFIG=${cluster.facts.kubeconfig} DATABASE_URL='${freetask.databaseUrl}' COMMAND
logs: ${cluster.facts.folder}
Ctrl-C ends it.`);
await ended;
