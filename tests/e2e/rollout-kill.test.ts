import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningDoor } from './support/door.ts';
import { type JournalLine, openRolloutGround, type RolloutGround } from './support/rollout-ground.ts';
import { processesWithTmpdir } from './support/descendants.ts';

/** A line of the journal at which a process may die: every event, and the first look of each stage. */
function transitions(lines: readonly JournalLine[]): string[] {
  const names: string[] = [];
  for (const { type, event } of lines) {
    if (type === 'rollout-planned') names.push('planned');
    if (type !== 'rollout') continue;
    const what =
      event.type === 'tick' || event.type === 'judged'
        ? event.stage.share
        : 'step' in event
          ? JSON.stringify(event.step)
          : '';
    const name = `${event.type} ${what}`;
    if (event.type !== 'tick' || !names.includes(name)) names.push(name);
  }
  return names;
}

let ground: RolloutGround;
let all: string[];
/** What users have at this moment: every cycle ships the other one. */
let live = 'freetask@1.4.0';
const other = () => (live === 'freetask@1.5.0' ? 'freetask@1.6.0' : 'freetask@1.5.0');

beforeAll(async () => {
  ground = await openRolloutGround();
  const { exitCode, stderr } = await ground.deploy(['--release', other()]);
  if (exitCode !== 0) throw new Error(stderr);
  live = other();
  all = transitions(ground.journal());
});
afterAll(() => ground[Symbol.asyncDispose]());

/** Kills the process the moment its journal has so many transitions. False where it came to its end before. */
async function killAt(count: number, { process: child }: RunningDoor, earlier: number): Promise<boolean> {
  while (child.exitCode === null) {
    const runs = existsSync(ground.reports)
      ? (await readdir(ground.reports)).filter((name) => name.includes('-deploy-'))
      : [];
    if (runs.length > earlier && transitions(ground.journal()).length >= count) return child.kill('SIGKILL');
    await sleep(1);
  }
  return false;
}

async function expectSoundWorld(release: string, shipped: boolean): Promise<void> {
  const { live: colour, colours, lock, lastRun } = await ground.status();
  expect(lastRun?.open ?? false).toBe(false);
  expect(lock).toBeUndefined();
  if (!colour) throw new Error('traffic is shared');
  expect(colours[colour].releases).toEqual([release]);
  const ready = await fetch(`${ground.target.environments[colour].api}/readyz`);
  expect(ready.status).toBe(200);
  expect(ground.users.seen().lost).toEqual([]);
  expect(ground.users.seen().answered).toBeGreaterThan(20);
  const applied = (await ground.migrationLog()).length;
  expect(shipped ? [1] : [0, 1]).toContain(applied);
  await expect.poll(strays, { timeout: 5000 }).toEqual([]);
}

/** Instances, and what they need, are meant to stay; tools, tests and browsers are not. */
async function strays(): Promise<string[]> {
  const running = await processesWithTmpdir(join(ground.reports, '..'));
  const instances = running.filter(({ command }) => command.includes('sandbox/api/instance.ts')).map(({ pid }) => pid);
  return running
    .filter(({ pid, parent }) => !instances.includes(pid) && !instances.includes(parent))
    .map(({ command }) => command);
}

describe('kill -9 at every transition of a deploy', () => {
  it('has every transition that the machine has', () => {
    expect(all.length).toBeGreaterThanOrEqual(25);
    for (const wanted of [
      'planned',
      'intended {"do":"release"',
      'done {"do":"migrate"',
      'tick 10',
      'tick 50',
      'tick 100',
      'judged 50',
      'done {"do":"confirm"',
    ])
      expect(
        all.some((name) => name.startsWith(wanted)),
        wanted,
      ).toBe(true);
  });

  it('ends on one healthy colour each time, by going on and by going back', { timeout: 20 * 60_000 }, async () => {
    for (const [index, name] of all.entries()) {
      await ground.forgetMigrations();
      ground.users.forget();
      const began = Date.now();
      const goBack = index % 2 === 1;
      const release = other();
      const earlier = (await readdir(ground.reports)).filter((run) => run.includes('-deploy-')).length;
      const door = ground.startDeploy(['--release', release]);
      const killed = await killAt(index + 1, door, earlier);
      await door.ended;
      const { lastRun, lock } = await ground.status();
      expect(killed || lastRun?.open === false, name).toBe(true);
      if (killed) expect(lock?.dead, name).toContain('is gone');
      if (killed && !lastRun?.open) {
        // Before its first line there is nothing to go on with; after its last one only the report is missing.
        const isOver = ground.journal().some(({ at }) => Date.parse(at) >= began);
        if (isOver) expect((await ground.deploy(['--resume'])).exitCode, name).toBe(0);
        else await ground.deploy(['--release', release, '--dry-run']);
      } else if (lastRun?.open) {
        const again = await ground.deploy([goBack ? '--abort' : '--resume']);
        expect([name, again.exitCode, again.exitCode === (goBack ? 1 : 0) ? '' : again.stderr]).toEqual([
          name,
          goBack ? 1 : 0,
          '',
        ]);
      }
      const shipped = (await ground.status()).lastRun?.phase === 'promoted';
      // Killed before its first line, it has shipped nothing, and the one before it is the last.
      const begun = ground.journal().some(({ at }) => Date.parse(at) >= began);
      live = shipped && begun ? release : live;
      await expectSoundWorld(live, shipped && begun);
    }
  });
});
