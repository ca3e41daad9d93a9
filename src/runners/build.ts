import { join } from 'node:path';
import type { BuildRecord, BuildSettings, BundleEvidence, BundleSettings } from '../core/artifacts.ts';
import { messageOf } from '../core/errors.ts';
import { readText } from '../system/files.ts';
import { matchFiles } from '../system/match-files.ts';
import { runTool } from '../system/process.ts';
import { firstFailingLine } from './failing-line.ts';
import type { RunnerContext } from './runner.ts';
import { withPath } from './tool-path.ts';

/** The files of a build's output, relative to the run's folder. */
export const buildLogs = (name: 'bundle' | 'image') =>
  ({ stdout: `artifacts/${name}.stdout.log`, stderr: `artifacts/${name}.stderr.log` }) as const;

/** Runs a build with APP_RELEASE in its environment. Never throws for what it did. */
export async function runBuild(
  name: 'bundle' | 'image',
  { command, folder, path, timeoutMs }: BuildSettings,
  release: string,
  { runFolder, toolEnv, signal, mask }: RunnerContext,
): Promise<BuildRecord> {
  const logs = buildLogs(name);
  const stdoutPath = join(runFolder, logs.stdout);
  const stderrPath = join(runFolder, logs.stderr);
  const outcome = await runTool({
    tool: command[0],
    version: '',
    command,
    env: { ...withPath(toolEnv, path), APP_RELEASE: release },
    cwd: folder,
    stdoutPath,
    stderrPath,
    timeoutMs,
    signal,
    mask,
  });
  if (outcome.exitCode === 0) return { outcome };
  // The outcome keeps the beginning of long output only.
  const first = firstFailingLine((await readText(stdoutPath)) ?? '', (await readText(stderrPath)) ?? '');
  return { outcome, ...(first === undefined ? {} : { firstFailure: first }) };
}

/** Clause 1.3a: builds the app, and finds what the build has written. */
export async function buildBundle(
  settings: BundleSettings,
  release: string,
  runner: RunnerContext,
): Promise<BundleEvidence> {
  const build = await runBuild('bundle', settings, release, runner);
  const base = { ...build, files: Object.values(buildLogs('bundle')) };
  try {
    const patterns = await Promise.all(
      settings.files.map(async (pattern) => ({ pattern, found: await matchFiles(settings.folder, pattern) })),
    );
    return { ...base, patterns, problems: [] };
  } catch (error) {
    return { ...base, patterns: [], problems: [`the bundle could not be read: ${messageOf(error)}`] };
  }
}
