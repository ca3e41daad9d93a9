import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { projectRoot } from './running-sandbox.ts';

export interface DoorOutcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One verb as a real process, by the same command that package.json uses. */
export async function openDoor(verb: string, args: readonly string[], env: Record<string, string> = {}): Promise<DoorOutcome> {
  const child = spawn(process.execPath, ['--import', 'tsx', `scripts/${verb}.ts`, ...args], { cwd: projectRoot, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (texts.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (texts.stderr += String(chunk)));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, ...texts };
}
