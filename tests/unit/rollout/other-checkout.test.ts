import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { at, ended, firstObservation, open, shares, ship } from './simulation/faults.ts';

it('another checkout resumes a rollout from the store, and its reports folder gets the whole run', async () => {
  const { target, simulation } = await open();
  await using _ = simulation;
  const stop = new AbortController();
  const listen = at(firstObservation, () => stop.abort('SIGINT'));
  await simulation.run(ship, { listen, signal: stop.signal, checkout: 'one' });
  const runId = (await simulation.rollout())?.runId ?? '';
  expect(shares(target)).toEqual({ blue: 90, green: 10 });
  expect(ended(await simulation.run({ resume: true }, { checkout: 'two' }))).toMatchObject({ exitCode: 0 });
  expect(shares(target)).toEqual({ blue: 0, green: 100 });
  const copy = join(simulation.reportsRoot, 'two', runId);
  expect(await readdir(copy)).toEqual(expect.arrayContaining(['evidence.json', 'journal.ndjson', 'verdict.json']));
  const lines = await readFile(join(copy, 'journal.ndjson'), 'utf8');
  expect(lines).toBe(await readFile(join(simulation.reportsRoot, runId, 'journal.ndjson'), 'utf8'));
});

it('another checkout rolls it back', async () => {
  const { target, simulation } = await open();
  await using _ = simulation;
  const stop = new AbortController();
  await simulation.run(ship, {
    listen: at(firstObservation, () => stop.abort('SIGINT')),
    signal: stop.signal,
    checkout: 'one',
  });
  expect(ended(await simulation.run({ abort: true }, { checkout: 'two' }))).toMatchObject({ exitCode: 1 });
  expect(shares(target)).toEqual({ blue: 100, green: 0 });
});

it('an edit of the drivers during a rollout is named, and the rollout is still the open one', async () => {
  const { simulation } = await open();
  await using _ = simulation;
  const stop = new AbortController();
  const listen = at(firstObservation, () => stop.abort('SIGINT'));
  await simulation.run(ship, { listen, signal: stop.signal, driverSettings: { 'router.socket': '"/a"' } });
  const notes: string[] = [];
  const driverSettings = { 'router.socket': '"/b"' };
  const resumed = await simulation.run(
    { resume: true },
    { driverSettings, listen: (event) => event.type === 'note' && notes.push(event.text) },
  );
  expect(ended(resumed)).toMatchObject({ exitCode: 0 });
  expect(notes).toContainEqual(
    expect.stringMatching(/edited since .* was planned: router\.socket was "\/a" and is "\/b"\./),
  );
});

it('the verdict of an earlier part is gone while a resumed rollout has none of its own', async () => {
  const { simulation } = await open();
  await using _ = simulation;
  const stop = new AbortController();
  const listen = at(firstObservation, () => stop.abort('SIGINT'));
  ended(await simulation.run(ship, { listen, signal: stop.signal }));
  expect((await simulation.rollout())?.concluded).toBe(true);
  expect((await simulation.run({ resume: true }, { crash: { index: 3, phase: 'before' } })).kind).toBe('killed');
  expect((await simulation.rollout())?.concluded).toBe(false);
});
