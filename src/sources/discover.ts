import type { Target } from '../core/target.ts';
import { ask, type HttpAnswer } from '../system/http.ts';

/** Finds what an address without a target file offers beside the API: metrics and a web client at the same address. */
export async function discover(target: Target, signal: AbortSignal): Promise<Target> {
  const { environment } = target;
  const metrics = `${environment.api}/metrics`;
  const [scraped, page] = await Promise.all([
    ask({ url: metrics, timeoutMs: 5000, signal }),
    ask({ url: `${environment.api}/`, timeoutMs: 5000, signal }),
  ]);
  const hasWeb = page.ok && page.status === 200 && contentType(page).startsWith('text/html');
  return {
    ...target,
    environment: {
      ...environment,
      ...(offersMetrics(scraped) ? { metrics: [metrics] } : {}),
      ...(environment.web === undefined && hasWeb ? { web: environment.api } : {}),
    },
  };
}

/** A server without /metrics answers that it has no such route, or with its page for every route. */
const absent: readonly number[] = [401, 403, 404, 405, 410];

/** A page that cannot be read now (an error, nothing counted yet) is offered all the same, so that it is not passed over. */
function offersMetrics(answer: HttpAnswer): boolean {
  if (!answer.ok) return true;
  return !absent.includes(answer.status) && !/^(?:text\/html|application\/json)/.test(contentType(answer));
}

const contentType = (answer: HttpAnswer): string => (answer.ok ? (answer.header('content-type') ?? '') : '');
