// Outlives the sandbox's main process by a moment: when the pipe from it closes without `released`, the main process was
// killed, and its children are ended here. Plain JavaScript, so that it starts within milliseconds.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const pids = new Set();
const folders = new Set();
const places = new Set();
let released = false;

const signalAll = (signal) => {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      pids.delete(pid);
    }
  }
};

/** Instances that another program started in this sandbox's places. */
const addFrom = (folder) => {
  if (!existsSync(folder)) return;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.pid'))) {
    const pid = Number(readFileSync(join(folder, file), 'utf8'));
    if (pid > 0 && !existsSync(join(folder, file.replace(/\.pid$/, '.exit')))) pids.add(pid);
  }
};

// The terminal's Ctrl-C goes to the whole group; the guardian waits until the main process has ended.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [word, pid] = line.split(' ');
  if (word === 'add') pids.add(Number(pid));
  else if (word === 'remove') pids.delete(Number(pid));
  else if (word === 'folder') folders.add(line.slice('folder '.length));
  else if (word === 'places') places.add(line.slice('places '.length));
  else if (word === 'released') released = true;
});
lines.on('close', () => {
  if (released) return;
  for (const folder of places) addFrom(folder);
  signalAll('SIGTERM');
  setTimeout(() => {
    signalAll('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }, 1500);
});
