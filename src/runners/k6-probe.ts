import { releaseHeaderOf, type Target } from '../core/target.ts';
import { ask } from '../system/http.ts';

const probeTimeoutMs = 5000;

/** The release that answers before the load; absent where the target does not set the release header. */
export async function probeRelease(target: Target, signal: AbortSignal): Promise<string | undefined> {
  const header = releaseHeaderOf(target);
  if (header === undefined) return undefined;
  const answer = await ask({
    url: target.environment.api + target.service.health.path,
    method: target.service.health.method,
    timeoutMs: probeTimeoutMs,
    signal,
  });
  return answer.ok ? answer.header(header) : undefined;
}
