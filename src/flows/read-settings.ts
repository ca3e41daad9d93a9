import { join } from 'node:path';
import { parseLoadProfiles } from '../config/load-profiles.ts';
import { parseRolloutSettings, type RolloutOverrides } from '../config/rollout-settings.ts';
import { readNamedFile } from '../config/read-file.ts';
import { parseObjectives } from '../config/slo-file.ts';
import { UserError } from '../core/errors.ts';
import type { LoadProfiles } from '../core/load-plan.ts';
import type { RolloutSettings } from '../core/rollout/settings.ts';
import type { Slo } from '../core/slo.ts';
import type { Flow } from './flow.ts';

export const readSlos = async (file: string | undefined, flow: Flow): Promise<Slo[]> =>
  (await readObjectives(file, flow)).slos;

export async function readObjectives(
  file: string | undefined,
  flow: Pick<Flow, 'projectRoot'>,
): Promise<ReturnType<typeof parseObjectives>> {
  const path = file ?? join(flow.projectRoot, 'config/slo.yaml');
  return parseObjectives(path, await readSettings(path));
}

export async function readProfiles(flow: Flow): Promise<LoadProfiles> {
  const path = join(flow.projectRoot, 'config/load-profiles.yaml');
  return parseLoadProfiles(path, await readSettings(path));
}

async function readSettings(path: string): Promise<string> {
  const text = await readNamedFile(path);
  if (text === undefined) throw new UserError(`There is no file ${path}.`, ['git checkout config/']);
  return text;
}

export async function readRolloutSettings(overrides: RolloutOverrides, flow: Flow): Promise<RolloutSettings> {
  const path = join(flow.projectRoot, 'config/rollout.yaml');
  return parseRolloutSettings(path, await readSettings(path), overrides);
}
