import { join } from 'node:path';
import { ToolError } from '../../core/errors.ts';
import { segmentOf } from '../../core/load-segments.ts';
import { readText } from '../../system/files.ts';
import { privateFolder } from '../../system/private-folder.ts';
import { bundleLoadScripts } from '../k6-bundle.ts';
import { type K6Options, scriptVariables } from '../k6-command.ts';
import { filesFolder, messagePath, sessionsPath } from './manifests.ts';

interface Question {
  readonly options: Pick<K6Options, 'target' | 'slos' | 'plan' | 'expectedRelease'>;
  readonly run: string;
  readonly runners: number;
  readonly probed: string | undefined;
  readonly projectRoot: string;
}

/** Where a runner finds its files, and writes its message. */
export interface Places {
  readonly folder: string;
  readonly sessions: string;
  readonly message: string;
}

const inPod: Places = { folder: filesFolder, sessions: sessionsPath, message: messagePath };

/** What a runner is given, by name of the file: script, plan, objectives, and one segment for each. */
export async function runnerFiles(
  { options, run, runners, probed, projectRoot }: Question,
  places: Places = inPod,
): Promise<Record<string, string>> {
  const variables = {
    ...scriptVariables({ ...options, sessionsFile: places.sessions }, places.folder, probed),
    LOAD_RUNNERS: String(runners),
    LOAD_RUN: run,
    LOAD_MESSAGE_FILE: places.message,
  };
  const segments = Array.from({ length: runners }, (_, index) => [
    `segment-${index}.json`,
    JSON.stringify(segmentOf(index, runners)),
  ]);
  return {
    // Arguments of the operator's runners are split at spaces, and its initializer has none of the environment.
    'load.js': `Object.assign(__ENV, ${JSON.stringify(variables)});\n${await bundle(projectRoot)}`,
    'plan.json': JSON.stringify(options.plan),
    'slo.json': JSON.stringify(options.slos),
    ...Object.fromEntries(segments),
  };
}

async function bundle(projectRoot: string): Promise<string> {
  await using folder = await privateFolder('k6-script');
  const file = join(folder.path, 'load.js');
  const entry = join(projectRoot, 'load', 'runner.ts');
  const failure = await bundleLoadScripts(entry, file);
  const text = failure === undefined ? await readText(file) : undefined;
  if (text !== undefined) return text;
  throw new ToolError(`the load scripts cannot be bundled: ${failure ?? 'the bundle is missing'}`, {
    command: ['esbuild', entry],
    exitCode: null,
  });
}
