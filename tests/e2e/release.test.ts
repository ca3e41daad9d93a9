import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logIn } from '../contract/freetask/caller.ts';
import type { RunResult } from '../../src/core/run-result.ts';
import type { ClauseId } from '../../src/core/sop.ts';
import { openRolloutFixture, type JournalLine, type RolloutFixture } from './support/rollout-fixture.ts';

/** The whole SOP in one command, as real processes that are killed: section 1, the rollout, 3.3 and 3.4, and the rollback. */
let fixture: RolloutFixture;
let slo: string;
beforeAll(async () => {
  fixture = await openRolloutFixture({ informs: true, rollout: { stages: [50, 100] } });
  slo = join(fixture.reports, '../slo-release.yaml');
  const crashFree =
    '  - { id: crash-free, title: Crash-free sessions, clause: 3.2b, kind: crash-free, atLeast: 99 %, minSamples: 100 }';
  await writeFile(slo, `${await readFile(fixture.sloFile, 'utf8')}${crashFree}\n`);
});
afterAll(() => fixture[Symbol.asyncDispose]());

const journalHas = (text: RegExp) => fixture.journal().some((line: JournalLine) => text.test(JSON.stringify(line)));

/** Starts a command and kills it once its run has come so far. */
async function killOnce(args: readonly string[], reached: () => boolean): Promise<void> {
  const before = args.includes('--resume') ? undefined : fixture.newestRun();
  const command = fixture.start('release', [...args, '--slo', slo]);
  while (command.process.exitCode === null && (fixture.newestRun() === before || !reached())) await sleep(5);
  const killed = command.process.kill('SIGKILL');
  const { stderr } = await command.ended;
  expect([killed, killed ? '' : stderr]).toEqual([true, '']);
}

async function resume(target: string): Promise<RunResult & { readonly stderr: string }> {
  const { stdout, stderr } = await fixture.run('release', ['--target', target, '--resume', '--json', '--slo', slo]);
  if (stdout === '') throw new Error(stderr);
  return { ...(JSON.parse(stdout) as RunResult), stderr };
}

/** The worst status of each clause. */
function statusesOf({ judgements }: RunResult): Partial<Record<ClauseId, string>> {
  const order = ['pass', 'accepted', 'inconclusive', 'error', 'fail'];
  const worst: Partial<Record<ClauseId, string>> = {};
  for (const { clauses, status } of judgements)
    for (const clause of clauses)
      if (order.indexOf(status) >= order.indexOf(worst[clause] ?? 'pass')) worst[clause] = status;
  return worst;
}

interface SlackCall {
  readonly path: string;
  readonly body: unknown;
}
const announced = async (runId: string): Promise<readonly SlackCall[]> =>
  ((await fixture.sandbox.recorded('slack')) as SlackCall[]).filter(({ body }) => {
    const text = JSON.stringify(body);
    return text.includes('C0SHIPROOM') && (text.includes(runId) || text.includes('thread_ts'));
  });

it('a healthy release, killed in its preflight and at its first stage: GO, by every clause, in one run', async () => {
  const target = await fixture.variant(await asWritten({ load: { profile: 'stage', rate: 200, duration: '5s' } }));
  await killOnce(['--target', target, '--release', 'freetask@1.6.0'], () =>
    journalHas(/"step-started","step":"artifacts"/),
  );
  const runId = fixture.newestRun();
  await killOnce(['--target', target, '--resume'], () => journalHas(/"type":"observed"/));
  const result = await resume(target);
  expect([result.exitCode, result.exitCode === 0 ? '' : result.stderr]).toEqual([0, '']);
  expect(result).toMatchObject({ verb: 'release', runId, rollout: { phase: 'promoted', shares: { green: 100 } } });
  const passed = ['1.1a', '1.1b', '1.1c', '1.1d', '1.2a', '1.2b', '1.3a', '1.3b', '1.4a', '1.4b', '2.B1', '2.B2', '2.B3a', '2.B3b', '2.B4', '2.B5', '3.1', '3.2a', '3.2b', '3.2d', '3.3a', '3.3b', '3.4a', '3.4b']; // prettier-ignore
  expect(statusesOf(result)).toMatchObject(Object.fromEntries(passed.map((clause) => [clause, 'pass'])));

  // One message, which was changed, with a reply for each stage.
  const calls = await announced(result.runId);
  const posted = calls.filter(
    ({ path, body }) => path.endsWith('postMessage') && !JSON.stringify(body).includes('thread_ts'),
  );
  expect(posted).toHaveLength(1);
  expect(JSON.stringify(calls.findLast(({ path }) => path.endsWith('chat.update'))?.body)).toContain(
    'GO: freetask@1.6.0',
  );
  expect(calls.some(({ body }) => JSON.stringify(body).includes('GO at 50 %'))).toBe(true);
  const notes = await readFile(join(fixture.sandbox.state, 'release-notes.md'), 'utf8');
  expect(notes).toContain('freetask@1.6.0');
  const page = await readFile(join(fixture.reports, result.runId, 'report.html'), 'utf8');
  for (const clause of passed) expect(page).toContain(clause);
});

it('a defective release, killed at its first stage: rolled back, announced as NO-GO, and not noted', async () => {
  const { api } = fixture.target.environments.public;
  const headers = { authorization: `Bearer ${await logIn(api, 'client')}` };
  // One of its reads in twenty-five fails.
  const reader = setInterval(() => void fetch(`${api}/jobs`, { headers }).then((answer) => answer.text()), 20);
  const target = await fixture.variant(await asWritten({ load: { profile: 'stage', off: 'the users are the load' } }));
  await killOnce(['--target', target, '--release', 'freetask@1.5.0-errors'], () =>
    journalHas(/"type":"rollout","event":\{"type":"done","step":\{"do":"shift"/),
  );
  const result = await resume(target).finally(() => clearInterval(reader));
  expect([result.exitCode, result.verdict.word, result.exitCode === 1 ? '' : result.stderr]).toEqual([1, 'NO-GO', '']);
  expect(result.rollout).toMatchObject({ phase: 'rolled-back', release: 'freetask@1.5.0-errors' });
  expect(statusesOf(result)).toMatchObject({ '1.1b': 'pass', '3.4b': 'pass' });
  // On a busy machine the release may miss its readiness (4.1c) before its errors are proved; each alone is a NO-GO.
  const { '3.2d': errors, '4.1c': readiness } = statusesOf(result);
  expect([errors, readiness]).toContain('fail');
  const last = (await announced(result.runId)).findLast(({ path }) => path.endsWith('chat.update'));
  expect(JSON.stringify(last?.body)).toContain('NO-GO: freetask@1.5.0-errors');
  const { colours, live } = await fixture.status();
  expect(live && colours?.[live]?.releases).toEqual(['freetask@1.6.0']);
  expect(await readFile(join(fixture.sandbox.state, 'release-notes.md'), 'utf8')).not.toContain(
    'freetask@1.5.0-errors',
  );
});

/** Migrations and section 1 as the sandbox has them, in the place of the quick ones of the fixture. */
async function asWritten(more: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
  const written = JSON.parse(await readFile(join(fixture.sandbox.state, 'target.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const { migrations } = written;
  return { migrations, ...more };
}
