import type { Deployment } from '../config/target-file.ts';
import { checkServer } from '../migrations/index.ts';
import { type Finding, missing, present } from './finding.ts';

/** Whether the databases of a preflight can be reached, and whether a scratch database could be created. Changes nothing. */
export async function diagnoseDatabase({ preflight }: Deployment): Promise<Finding[]> {
  const settings = preflight?.database;
  if (!settings || 'off' in settings) return [];
  const findings = (['scratch', 'live'] as const).map(async (use) => {
    const address = settings[use];
    const name = `preflight.database.${use}`;
    if (address === undefined) return [];
    const answer = await checkServer(address, use);
    const where = hostOf(address);
    if ('found' in answer) return [present(name, answer.found, where)];
    const next = use === 'scratch' ? 'ALTER ROLE … CREATEDB, or another server' : `correct ${name}`;
    return [missing(name, { found: answer.problem, where, next })];
  });
  return (await Promise.all(findings)).flat();
}

/** Without its user and password. */
const hostOf = (address: string): string => (URL.canParse(address) ? new URL(address).host : 'its address');
