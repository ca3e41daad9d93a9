import { spawn } from 'node:child_process';

/** What is missing or wrong, and what to type. */
export class SetupError extends Error {
  constructor(message, next = []) {
    super(message);
    this.next = next;
  }
}

export const log = (text) => process.stderr.write(`set-up: ${text}\n`);

const progressMs = 10_000;

/** Runs one step and logs why; a long one logs the seconds that have passed. */
export async function step(reason, act) {
  const startedAt = Date.now();
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(0)} s`;
  log(reason);
  const timer = setInterval(() => log(`  … ${seconds()}`), progressMs);
  try {
    const result = await act();
    if (Date.now() - startedAt > 2000) log(`  done in ${seconds()}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

const running = new Set();

/** Runs a program to its end. Never throws; a time-out kills it and its children. */
export function run(program, args, { cwd, env = process.env, timeoutMs = 600_000 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    running.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    const timer = setTimeout(() => killGroup(child), timeoutMs);
    const end = (exitCode, why = '') => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ok: exitCode === 0, exitCode, stdout, stderr: stderr + why });
    };
    child.on('error', (error) => end(null, error.message));
    child.on('close', (code) => end(code));
  });
}

/** Ends everything that `run` started and that is still running. */
export const killRunning = () => running.forEach(killGroup);

function killGroup({ pid }) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself at the same moment.
  }
}

export const lastLines = (text, count = 6) => text.trim().split('\n').slice(-count).join('\n');
