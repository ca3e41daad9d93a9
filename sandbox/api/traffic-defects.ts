import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Defects } from '../releases.ts';
import { everyShare } from './every-share.ts';

/** The defects that concern every data route. A healthy release gets no hook. */
export function addTrafficDefects(
  app: FastifyInstance,
  { slow, readErrorRate, errorRate, leakedBytesPerRequest }: Defects,
): void {
  if (slow) {
    const isTail = everyShare(slow.tailShare);
    app.addHook('preHandler', async () => {
      await sleep(isTail() ? slow.tailMs : slow.usualMs);
    });
  }

  if (readErrorRate !== undefined) {
    const isStruck = everyShare(readErrorRate);
    app.addHook('preHandler', async (request) => {
      if (request.method === 'GET' && isStruck()) throw new Error('The read replica returned an incomplete page');
    });
  }

  if (errorRate !== undefined) {
    // Independent of each other, as a verdict from few requests has to assume; the other shares are exact in every run.
    app.addHook('preHandler', async () => {
      if (Math.random() < errorRate) throw new Error('The connection pool is exhausted');
    });
  }

  if (leakedBytesPerRequest !== undefined) {
    const kept: number[][] = [];
    app.addHook('onRequest', async () => {
      // Eight bytes an element, on the JavaScript heap, where the heap limit applies.
      kept.push(Array.from<number>({ length: leakedBytesPerRequest / 8 }).fill(kept.length));
    });
  }
}
