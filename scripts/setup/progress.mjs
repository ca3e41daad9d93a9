import { spawn } from 'node:child_process';

/** What the person has to mend, and how. */
export class SetupError extends Error {
  constructor(message, next = []) {
    super(message);
    this.next = next;
  }
}

export const say = (text) => process.stderr.write(`set-up: ${text}\n`);

/** Anything longer than this says that it is still alive. */
const patienceMs = 10_000;

/** Does one step and says why; a long one tells the time that it takes. */
export async function step(reason, act) {
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(0)} s`;
  say(reason);
  const timer = setInterval(() => say(`  … ${seconds()}`), patienceMs);
  try {
    const result = await act();
    if (Date.now() - began > 2000) say(`  done in ${seconds()}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

/** Runs a program to its end. Never throws; a time-out kills it and its children. */
export function run(program, args, { cwd, env = process.env, timeoutMs = 600_000 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    const timer = setTimeout(() => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It ended by itself at the same moment.
      }
    }, timeoutMs);
    const end = (exitCode, why = '') => {
      clearTimeout(timer);
      resolve({ ok: exitCode === 0, exitCode, stdout, stderr: stderr + why });
    };
    child.on('error', (error) => end(null, error.message));
    child.on('close', (code) => end(code));
  });
}

export const lastLines = (text, count = 6) => text.trim().split('\n').slice(-count).join('\n');
