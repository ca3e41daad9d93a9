import { basename, join } from 'node:path';
import { defaultStoreFolder } from '../config/environment.ts';
import { type Deployment, driversOf, storeOf } from '../config/target-file.ts';
import { changedSettings, settingsByPath } from '../core/driver-changes.ts';
import { openStore, type TargetStore } from '../journal/index.ts';
import type { PastRollout } from '../journal/read-rollout.ts';
import type { Flow } from './flow.ts';

interface TargetFile {
  readonly file: string;
  readonly deployment: Deployment;
}

/** Where the lock, the journals and the evidence of a target's rollouts are kept. */
export const openTargetStore = ({ file, deployment }: TargetFile, flow: Flow): TargetStore =>
  openStore(storeOf(file, deployment, defaultStoreFolder(flow.environment, flow.reportsRoot)), deployment.name);

/** The settings of the router and the runtime, or of the platform, by their path in the target file. */
export function driverSettings({ file, deployment }: TargetFile): Record<string, string> {
  const { migrations: _, ...shipping } = driversOf(file, deployment);
  return settingsByPath(shipping);
}

/** The value of `--target` in a command to type: the name of a file in config/targets/, or the path of any other. */
export function targetArgument(file: string, projectRoot: string): string {
  const name = basename(file, '.yaml');
  if (file === join(projectRoot, 'config/targets', `${name}.yaml`)) return name;
  return /^[\w./:@%+=,-]+$/.test(file) ? file : `'${file.replaceAll("'", String.raw`'\''`)}'`;
}

/** What was edited in the target file since a rollout was planned, one sentence each. */
export const editsSince = (
  { runId, drivers }: Pick<PastRollout, 'runId' | 'drivers'>,
  now: Readonly<Record<string, string>>,
): string[] =>
  drivers
    ? changedSettings(drivers, now).map((change) => `The target file was edited since ${runId} was planned: ${change}.`)
    : [];
