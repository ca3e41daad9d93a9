import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { reportPath, status } from '../../src/flows/status.ts';
import { statusLines } from '../../src/report/status.ts';
import { targetArgument } from '../../src/flows/target-store.ts';
import { systemClock } from '../../src/system/clock.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'status-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a router that is not the one of the target file: why it cannot be read, and what to type', async () => {
  const file = join(folder, 'target.json');
  const environment = { api: 'http://127.0.0.1:1' };
  const places = (['blue', 'green'] as const).map((colour) => ({
    name: colour,
    colour,
    address: 'http://127.0.0.1:1',
  }));
  const target = {
    name: 'lab',
    kind: 'staging',
    environments: { blue: environment, green: environment },
    router: { driver: 'haproxy', socket: join(folder, 'another.sock'), backend: 'app' },
    runtime: { driver: 'process', folder, command: ['true'], places },
  };
  await writeFile(file, JSON.stringify(target));
  const stream = { isTty: false, color: false, columns: 120 };
  const found = await status(
    { target: file },
    {
      projectRoot: resolve(import.meta.dirname, '../..'),
      reportsRoot: join(folder, 'reports'),
      environment: { variables: {}, cwd: folder, stderr: stream, stdout: stream },
      clock: systemClock,
      random: () => 'abcd',
      signal: new AbortController().signal,
      listen: () => undefined,
    },
  );
  expect([found.live, found.shares]).toEqual([undefined, undefined]);
  expect(found.next[0]).toBe(`npm run release -- --target ${file} --release …`);
  const text = statusLines(found, false).join('\n');
  expect(text).toMatch(/error +.*another\.sock.*ENOENT/);
  expect(text).toMatch(/error +what is live is read from the router that the target file names: npm run doctor/);
});

it('the path of a report is where the runs are kept', () => {
  expect(reportPath('r1', { projectRoot: '/p', reportsRoot: '/p/reports' })).toBe('reports/r1/report.html');
  expect(reportPath('r1', { projectRoot: '/p', reportsRoot: '/var/runs' })).toBe('/var/runs/r1/report.html');
});

it('a command to type names a target of config/targets/ by its file, and any other by its path', () => {
  expect(targetArgument('/p/config/targets/prod.yaml', '/p')).toBe('prod');
  expect(targetArgument('/tmp/sandbox/target.json', '/p')).toBe('/tmp/sandbox/target.json');
  expect(targetArgument('/tmp/my targets/a.yaml', '/p')).toBe("'/tmp/my targets/a.yaml'");
});
