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
    const timer = setTimeout(() => endGroup(child), timeoutMs);
    const end = (exitCode, why = '') => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ok: exitCode === 0, exitCode, stdout, stderr: stderr + why });
    };
    child.on('error', (error) => end(null, error.message));
    child.on('close', (code) => end(code));
  });
}

/** Everything that `run` started and that has not ended yet. */
export const endRunning = () => running.forEach(endGroup);

function endGroup({ pid }) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself at the same moment.
  }
}

export const lastLines = (text, count = 6) => text.trim().split('\n').slice(-count).join('\n');
