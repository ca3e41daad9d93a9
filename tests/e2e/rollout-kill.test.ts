import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningCommand } from './support/command.ts';
import { type JournalLine, openRolloutFixture, type RolloutFixture } from './support/rollout-fixture.ts';
import { processesWithTmpdir } from './support/descendants.ts';

/** A line of the journal at which a process may die: every event, and the first look of each stage. */
function transitions(lines: readonly JournalLine[]): string[] {
  const names: string[] = [];
  for (const { type, event } of lines) {
    if (type === 'rollout-planned') names.push('planned');
    if (type !== 'rollout') continue;
    const what =
      event.type === 'observed' || event.type === 'judged'
        ? event.stage.share
        : 'step' in event
          ? JSON.stringify(event.step)
          : '';
    const name = `${event.type} ${what}`;
    if (event.type !== 'observed' || !names.includes(name)) names.push(name);
  }
  return names;
}

let ground: RolloutFixture;
/** What users have at this moment: every cycle ships the other one. */
let live: string;
const other = () => (live === 'freetask@1.5.0' ? 'freetask@1.6.0' : 'freetask@1.5.0');

/** Kills the process the moment its journal has so many transitions. False where it came to its end before. */
async function killAt(count: number, { process: child }: RunningCommand, earlier: number): Promise<boolean> {
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
  // The spare place of a rolling update is empty again.
  expect(colours[colour]).toMatchObject({ releases: [release], running: 1 });
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

interface Death {
  /** The process dies as soon as its journal has so many transitions. */
  readonly count: number;
  readonly name: string;
  readonly goBack: boolean;
}

/** In turns it goes on and goes back. */
const everyTransition = (names: readonly string[]): Death[] =>
  names.map((name, index) => ({ count: index + 1, name, goBack: index % 2 === 1 }));

/** The moments at which nobody knows whether the world was touched, both ways. */
const everyIntention = (names: readonly string[]): Death[] =>
  everyTransition(names)
    .filter(({ name }) => name.startsWith('intended'))
    .flatMap((death) => [
      { ...death, goBack: false },
      { ...death, goBack: true },
    ]);

const strategies = [
  {
    strategy: 'blue-green',
    least: 25,
    wanted: [
      'planned',
      'intended {"do":"release"',
      'done {"do":"migrate"',
      'tick 10',
      'tick 50',
      'tick 100',
      'judged 50',
      'done {"do":"confirm"',
    ],
    deathsOf: everyTransition,
  },
  {
    strategy: 'rolling',
    least: 18,
    wanted: ['migrate', 'start', 'join', 'drain', 'stop'].map((step) => `intended {"do":"${step}"`),
    deathsOf: everyIntention,
  },
];

describe.each(strategies)('kill -9 in a deploy, $strategy', ({ strategy, least, wanted, deathsOf }) => {
  const deployOf = (release: string) => ['--release', release, '--strategy', strategy];
  let deaths: Death[];

  beforeAll(async () => {
    live = 'freetask@1.4.0';
    ground = await openRolloutFixture();
    const { exitCode, stderr } = await ground.deploy(deployOf(other()));
    if (exitCode !== 0) throw new Error(stderr);
    live = other();
    deaths = deathsOf(transitions(ground.journal()));
  });
  afterAll(() => ground[Symbol.asyncDispose]());

  it('has every transition that the machine has', () => {
    expect(deaths.length).toBeGreaterThanOrEqual(least);
    for (const each of wanted)
      expect(
        deaths.some(({ name }) => name.startsWith(each)),
        each,
      ).toBe(true);
  });

  it('ends on one healthy colour each time, by going on and by going back', { timeout: 20 * 60_000 }, async () => {
    for (const { count, name, goBack } of deaths) {
      await ground.forgetMigrations();
      ground.users.forget();
      const began = Date.now();
      const release = other();
      const earlier = (await readdir(ground.reports)).filter((run) => run.includes('-deploy-')).length;
      const door = ground.startDeploy(deployOf(release));
      const killed = await killAt(count, door, earlier);
      await door.ended;
      const { lastRun, lock } = await ground.status();
      expect(killed || lastRun?.open === false, name).toBe(true);
      if (killed) expect(lock?.dead, name).toContain('is gone');
      if (killed && !lastRun?.open) {
        // Before its first line there is nothing to go on with; after its last one only the report is missing.
        const isFinished = ground.journal().some(({ at }) => Date.parse(at) >= began);
        if (isFinished) expect((await ground.deploy(['--resume'])).exitCode, name).toBe(0);
        else await ground.deploy([...deployOf(release), '--dry-run']);
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
      const startedSteps = ground.journal().some(({ at }) => Date.parse(at) >= began);
      live = shipped && startedSteps ? release : live;
      await expectSoundWorld(live, shipped && startedSteps);
    }
  });
});
