import { artifactsOf } from '../../config/artifacts.ts';
import type { Deployment } from '../../config/target-file.ts';
import { UserError } from '../../core/errors.ts';
import { gateIds } from '../../core/gate.ts';
import type { Target } from '../../core/target.ts';
import { folderExists } from '../../system/files.ts';

/** Throws UserError where the target has no gate at all, or the folder of one does not exist. */
export async function requireGates({ name, gates }: Pick<Target, 'name' | 'gates'>): Promise<void> {
  if (Object.keys(gates).length === 0)
    throw new UserError(`The target ${name} names no gate (1.1).`, [
      'preflight: { gates: { test: { command: [flutter, test, --machine], folder: ../../app } } }   in the target file',
      'config/targets/staging.yaml is a commented example',
    ]);
  await requireGateFolders(gates);
}

async function requireGateFolders(gates: Target['gates']): Promise<void> {
  for (const gate of gateIds) {
    const settings = gates[gate];
    if (settings === undefined || 'off' in settings || (await folderExists(settings.folder))) continue;
    throw new UserError(`preflight.gates.${gate}.folder: ${settings.folder} does not exist`, [
      'paths are relative to the target file',
    ]);
  }
}

/** Throws UserError where a command of the preflight would run in a folder that does not exist; a release may name none. */
export async function requireFolders(
  file: string,
  deployment: Deployment,
  { gates }: Pick<Target, 'gates'>,
): Promise<void> {
  await requireGateFolders(gates);
  await requireBuildFolders(file, deployment);
}

/** Throws UserError where the folder of a build does not exist. */
export async function requireBuildFolders(file: string, deployment: Deployment): Promise<void> {
  for (const [piece, settings] of Object.entries(artifactsOf(file, deployment))) {
    if (!('command' in settings) || (await folderExists(settings.folder))) continue;
    throw new UserError(`preflight.artifacts.${piece}.folder: ${settings.folder} does not exist`, [
      'paths are relative to the target file',
    ]);
  }
}
