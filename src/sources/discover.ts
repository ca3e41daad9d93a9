import type { Target } from '../core/target.ts';
import { ask } from '../system/http.ts';
import { scrapeAll } from './scrape.ts';

/** Finds what an address without a target file offers beside the API: metrics and a web client at the same address. */
export async function discover(target: Target, signal: AbortSignal): Promise<Target> {
  const { environment } = target;
  const metrics = `${environment.api}/metrics`;
  const [[scrape], page] = await Promise.all([
    scrapeAll([metrics], signal),
    ask({ url: `${environment.api}/`, timeoutMs: 5000, signal }),
  ]);
  const hasWeb = page.ok && page.status === 200 && (page.header('content-type') ?? '').startsWith('text/html');
  return {
    ...target,
    environment: {
      ...environment,
      ...(scrape?.samples ? { metrics: [metrics] } : {}),
      ...(environment.web === undefined && hasWeb ? { web: environment.api } : {}),
    },
  };
}
