import { join } from 'node:path';
import type { DatabaseEvidence } from '../../../src/core/database.ts';
import { judgeDatabase } from '../../../src/core/judge/database.ts';
import { createDrivers } from '../../../src/flows/drivers.ts';
import type { Flow } from '../../../src/flows/flow.ts';
import type { PreflightContext } from '../../../src/flows/preflight/context.ts';
import { gatherDatabase } from '../../../src/flows/preflight/database.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { projectRoot } from '../../e2e/support/running-sandbox.ts';
import { runnerContext } from '../../e2e/support/runner-context.ts';
import { parseDeployment } from './service-defaults.ts';

/** The target's command drivers are not called by this part of a preflight. */
const idle = ['false'];
const place = { name: 'green-1', colour: 'green', address: 'http://127.0.0.1:1' };

/** The database part of a preflight; its run is `run-1` in the folder. */
export async function gatherIn(folder: string, migrations: object, database: object): Promise<DatabaseEvidence> {
  const file = join(folder, 'target.json');
  const deployment = parseDeployment(
    file,
    JSON.stringify({
      name: 'double',
      kind: 'staging',
      environments: { green: { api: 'http://127.0.0.1:1' } },
      router: { driver: 'command', read: idle, set: idle },
      runtime: { driver: 'command', read: idle, start: idle, stop: idle, places: [place] },
      migrations,
      preflight: { database },
    }),
  );
  const flow = { projectRoot, environment: { variables: { PATH: process.env['PATH'] } } } as unknown as Flow;
  const context: Partial<PreflightContext> = {
    file,
    deployment,
    release: 'freetask@1.5.0',
    drivers: createDrivers(file, deployment, flow),
    clock: systemClock,
    runner: runnerContext(join(folder, 'run-1')),
  };
  const gathered = (await gatherDatabase(context as PreflightContext)).database;
  if (!gathered || 'unmeasured' in gathered) throw new Error('nothing was measured');
  return gathered;
}

/** `pass: …` by the id of the check. */
export const statuses = (evidence: DatabaseEvidence) =>
  Object.fromEntries(
    judgeDatabase(evidence).judgements.map(({ id, status, because }) => [id, `${status}: ${because}`]),
  );
