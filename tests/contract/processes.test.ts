import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StartedProcess } from '../../src/core/drivers.ts';
import { askCommand, demandCommand } from '../../src/system/command.ts';
import { runTool } from '../../src/system/process.ts';
import { endGroup, groupState, identifyProcess, waitForGroup } from '../../src/system/process-identity.ts';

const context = { env: { PATH: process.env['PATH'] ?? '' }, cwd: import.meta.dirname };
const longMs = 60_000;
/** Far above what is needed, also on a busy machine. */
const waiting = { timeout: 30_000 };
const script = (text: string) => ['sh', '-c', text] as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'processes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The process whose id a script has written to this file. */
async function recorded(file: string): Promise<StartedProcess> {
  await expect.poll(() => readFile(file, 'utf8').catch(() => ''), waiting).toMatch(/\d/);
  return identifyProcess(Number(await readFile(file, 'utf8')));
}

const toolRun = (name: string) => ({
  ...context,
  tool: name,
  version: '1',
  stdoutPath: join(folder, `${name}.out`),
  stderrPath: join(folder, `${name}.err`),
  timeoutMs: longMs,
  signal: new AbortController().signal,
  mask: (text: string) => text.replaceAll('secret', '***'),
});

describe.each(['the time limit', 'an abort'] as const)('%s ends a command', (cause) => {
  it('and every process of its group, also one that ignores SIGTERM and keeps the output open', async () => {
    const file = join(folder, `stubborn-${cause}`);
    const abort = new AbortController();
    const command = script(`trap '' TERM; sleep 300 & echo $! > '${file}'; wait; sleep 300`);
    const timeoutMs = cause === 'the time limit' ? 300 : longMs;
    const answer = askCommand(command, { ...context, timeoutMs, signal: abort.signal });
    const grandchild = await recorded(file);
    if (cause === 'an abort') abort.abort();
    expect(await answer).toMatchObject({
      exitCode: null,
      stderr: cause === 'an abort' ? 'interrupted' : 'not finished within its limit of 0.3 s',
    });
    await expect.poll(() => groupState(grandchild), waiting).toBe('ended');
  });
});

it('a command that a signal ends has no exit code, and the error names the signal', async () => {
  await expect(demandCommand(script('kill -9 $$'), { ...context, timeoutMs: longMs })).rejects.toMatchObject({
    exitCode: null,
    message: expect.stringContaining('SIGKILL') as unknown,
  });
});

it('a command that cannot be started is an answer', async () => {
  const answer = await askCommand(['no-such-program'], { ...context, timeoutMs: longMs });
  expect(answer).toMatchObject({ exitCode: null, stderr: expect.stringContaining('ENOENT') as unknown });
});

it('what a command leaves behind on purpose lives on, and its open output is not waited for', async () => {
  const answer = await askCommand(script('sleep 300 & echo $!'), { ...context, timeoutMs: longMs });
  expect(answer.exitCode).toBe(0);
  const left = await identifyProcess(Number(answer.stdout));
  expect(left.startedAtTicks).toBeDefined();
  process.kill(left.pid, 'SIGKILL');
});

it('a command is executed after its process is recorded, and never where recording it fails', async () => {
  const file = join(folder, 'executed');
  const executed: boolean[] = [];
  const onStarted = async (started: StartedProcess) => {
    executed.push(existsSync(file), (await groupState(started)) === 'alive');
  };
  await demandCommand(script(`echo done > ${file}`), { ...context, timeoutMs: longMs, onStarted });
  expect([...executed, existsSync(file)]).toEqual([false, true, true]);

  const unrecorded = join(folder, 'unrecorded');
  const answer = await askCommand(script(`echo done > ${unrecorded}`), {
    ...context,
    timeoutMs: longMs,
    onStarted: () => Promise.reject(new Error('no space left on device')),
  });
  expect(answer.exitCode).toBeNull();
  expect(existsSync(unrecorded)).toBe(false);
});

describe('a recorded group', () => {
  it('lives while one of its processes does, and can be waited for and ended', async () => {
    const leader = spawn('sh', ['-c', "trap '' TERM; sleep 300 & exit 0"], { detached: true, stdio: 'ignore' });
    const started = await identifyProcess(leader.pid ?? 0);
    await expect.poll(() => leader.exitCode, waiting).toBe(0);
    expect(await groupState(started)).toBe('alive');
    expect(await waitForGroup(started, { timeoutMs: 100 })).toBe(false);
    await endGroup(started, 100);
    expect(await groupState(started)).toBe('ended');
    expect(await waitForGroup(started, { timeoutMs: 100 })).toBe(true);
  });

  it('has ended where its id belongs to another process now, and is not signalled', async () => {
    const own = await identifyProcess(process.pid);
    expect(await groupState({ ...own, startedAtTicks: '1' })).toBe('ended');
    await endGroup({ ...own, startedAtTicks: '1' }, 0);
  });

  it('of another host cannot be judged here', async () => {
    expect(await groupState({ host: `not-${hostname()}`, pid: 1, startedAtTicks: '1' })).toBe('elsewhere');
  });
});

describe('a tool', () => {
  it('writes its output masked, line by line, and leaves no process of its group behind', async () => {
    const file = join(folder, 'helper');
    const command = script(`sleep 300 & echo $! > ${file}; echo one secret; echo two >&2; exit 3`);
    const outcome = await runTool({ ...toolRun('masked'), command });
    expect(outcome).toMatchObject({ exitCode: 3, signal: null, stdout: 'one ***\n', stderr: 'two\n' });
    expect(await readFile(join(folder, 'masked.out'), 'utf8')).toBe('one ***\n');
    const helper = await recorded(file);
    await expect.poll(() => groupState(helper), waiting).toBe('ended');
  });

  it('killed by a signal has no exit code', async () => {
    const outcome = await runTool({ ...toolRun('killed'), command: script('kill -9 $$') });
    expect(outcome).toMatchObject({ exitCode: null, signal: 'SIGKILL', timedOut: false, interrupted: false });
  });

  it('gets SIGINT at its time limit and may still write its report', async () => {
    const command = script("trap 'echo report; exit 0' INT; while :; do sleep 0.05; done");
    const outcome = await runTool({ ...toolRun('reporting'), command, timeoutMs: 300 });
    expect(outcome).toMatchObject({ timedOut: true, stdout: 'report\n' });
  });

  it('ends when the process that runs it is killed', async () => {
    const file = join(folder, 'orphan');
    const tool = ['sh', '-c', 'echo $$ > "$0"; while :; do sleep 1; done', file];
    const program = `import { runTool } from ${JSON.stringify(join(import.meta.dirname, '../../src/system/process.ts'))};
      await runTool({ ...${JSON.stringify({ ...toolRun('orphan'), command: tool })}, signal: new AbortController().signal, mask: (text) => text });`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', program];
    const parent = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: 'ignore' });
    const running = await recorded(file);
    expect(await groupState(running)).toBe('alive');
    parent.kill('SIGKILL');
    await expect.poll(() => groupState(running), waiting).toBe('ended');
  });
});
