import type { DriverCall } from '../../core/drivers.ts';
import { describeEnding } from '../places.ts';
import type { Reader } from './reader.ts';
import { isTerminating } from './deployment-state.ts';
import { podFailure } from './pod-failures.ts';

/** Why a pod does not run: what has ended in it with its output, or what keeps it from starting. Undefined while it runs. */
export async function describeLastEnding(
  name: string,
  container: string | undefined,
  reader: Reader,
  call: DriverCall | undefined,
): Promise<string | undefined> {
  const pod = await reader.pod(name, call);
  if (!pod) return undefined;
  const statuses = [...pod.status.containerStatuses, ...pod.status.initContainerStatuses];
  const own = statuses.find((status) => status.name === container) ?? statuses[0];
  if (own?.state.running) return undefined;
  const failure = podFailure([pod]);
  const at = statuses.find((status) => status.name === failure?.container) ?? own;
  const ended = at?.state.terminated ?? at?.lastState.terminated;
  if (at && ended) {
    const log = await reader.log({ pod: name, container: at.name, previous: !at.state.terminated }, call);
    const signal = ended.signal === undefined ? '' : `, signal ${ended.signal}`;
    const cause = ended.reason === '' || ended.reason === 'Error' ? '' : ` (${ended.reason}${signal})`;
    return `${at.name} ${describeEnding(ended.exitCode, log || ended.message)}${cause}`;
  }
  if (failure) return `${failure.container ?? name}: ${[failure.reason, failure.message].filter(Boolean).join(': ')}`;
  const { phase, reason, message } = pod.status;
  return isTerminating(pod) || phase === 'Failed' ? [phase, reason, message].filter(Boolean).join(': ') : undefined;
}
