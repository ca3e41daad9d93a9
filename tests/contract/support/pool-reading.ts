import { setTimeout as sleep } from 'node:timers/promises';
import type { Router } from '../../../src/routers/index.ts';

/** HAProxy's first health checks take a moment. */
export async function untilUp(router: Router): Promise<void> {
  for (let down = true; down; await sleep(50)) {
    down = (await router.read()).members.some(({ state, up }) => state === 'ready' && !up);
  }
}

/** Percent of the answers that came from instances whose names start so. */
export const share = (answers: readonly string[], beginning: string) =>
  (100 * answers.filter((name) => name.startsWith(beginning)).length) / answers.length;
