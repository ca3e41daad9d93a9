import type { DriverCall, ServiceSelectorSettings } from '../../core/drivers.ts';
import { messageOf } from '../../core/errors.ts';
import type { PoolMember } from '../../core/pool.ts';
import { openKubernetes } from '../../system/kubernetes.ts';
import { isServing, membersOf, readEndpoints } from './endpoints.ts';
import { readService } from './serving-sides.ts';

/** A Service of one Deployment: all of its endpoints are of the one side. */
export interface PlainService {
  readonly readMembers: (call?: DriverCall) => Promise<readonly PoolMember[]>;
  readonly check: (call?: DriverCall) => Promise<readonly string[]>;
}

export function openPlainService({ cluster, service: name }: ServiceSelectorSettings): PlainService {
  const { connect } = openKubernetes(cluster);
  const read = async (call?: DriverCall) => {
    const client = await connect();
    const [, endpoints] = await Promise.all([readService(client, name, call), readEndpoints(client, name, call)]);
    return endpoints;
  };
  return {
    readMembers: async (call) => membersOf('blue', 100, await read(call)),
    check: (call) =>
      read(call).then(
        (endpoints) =>
          isServing(endpoints) ? [] : [`Service ${name} has no ready endpoint: its users get no answer.`],
        (error: unknown) => [messageOf(error)],
      ),
  };
}
