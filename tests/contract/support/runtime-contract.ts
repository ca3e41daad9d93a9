import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Runtime } from '../../../src/runtimes/index.ts';

export interface RuntimeFixture extends AsyncDisposable {
  /** Has the places blue-1 and green-1, empty. */
  readonly runtime: Runtime;
}

/** What an instance answers at its address; undefined where none answers. */
async function answerAt(address: string): Promise<string | undefined> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      return await (await fetch(address)).text();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return undefined;
}

/** What every runtime can do. `broken` exits with 3 at its start, `stubborn` does not end at SIGTERM. */
export function runtimeContract(name: string, open: () => Promise<RuntimeFixture>): void {
  describe(`runtime ${name}`, () => {
    let fixture: RuntimeFixture;
    beforeAll(async () => {
      fixture = await open();
    });
    afterAll(() => fixture[Symbol.asyncDispose]());

    const place = async (wantedName: string) => {
      const found = (await fixture.runtime.read()).find((each) => each.name === wantedName);
      if (!found) throw new Error(`no place ${wantedName}`);
      return found;
    };

    it('names every place, and that nothing runs in it', async () => {
      const places = await fixture.runtime.read();
      expect(places.map(({ name: each, running, release }) => [each, running, release])).toEqual([
        ['blue-1', false, undefined],
        ['green-1', false, undefined],
      ]);
    });

    it('starts a release in a place, and leaves the other places alone', async () => {
      await fixture.runtime.start('blue-1', 'one');
      await fixture.runtime.start('green-1', 'two');
      expect(await place('blue-1')).toMatchObject({ running: true, release: 'one', colour: 'blue' });
      expect(await answerAt((await place('blue-1')).address)).toBe('one');
      expect(await answerAt((await place('green-1')).address)).toBe('two');
    });

    it('stops by SIGTERM and reports the exit code; what is stopped has ended', async () => {
      const { exitCode, killed } = await fixture.runtime.stop('green-1', 10_000);
      expect({ exitCode, killed }).toEqual({ exitCode: 0, killed: false });
      expect(await place('green-1')).toMatchObject({ running: false });
      expect(await answerAt((await place('blue-1')).address)).toBe('one');
    });

    it('a place in which nothing runs is stopped at once', async () => {
      expect(await fixture.runtime.stop('green-1', 10_000)).toMatchObject({ killed: false });
    });

    it('an instance that does not end within its grace is killed, which is reported', async () => {
      await fixture.runtime.start('green-1', 'stubborn');
      expect(await answerAt((await place('green-1')).address)).toBe('stubborn');
      const { killed } = await fixture.runtime.stop('green-1', 1000);
      expect(killed).toBe(true);
      expect((await place('green-1')).running).toBe(false);
    });

    it('a release that cannot start is an error with the command, or does not run', async () => {
      const failure = await fixture.runtime.start('green-1', 'broken').then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure)
        expect(failure).toMatchObject({
          name: 'ToolError',
          command: expect.arrayContaining([expect.any(String)]) as unknown,
        });
      await expect.poll(async () => (await place('green-1')).running, { timeout: 10_000 }).toBe(false);
      expect(await fixture.runtime.lastEnding('green-1')).toContain('no such thing as a database');
    });

    it('what still runs has no ending', async () => {
      expect(await fixture.runtime.lastEnding('blue-1')).toBeUndefined();
    });

    it('an unknown place is an error that names the known ones', async () => {
      await expect(fixture.runtime.start('red-1', 'one')).rejects.toThrow('blue-1, green-1');
      await expect(fixture.runtime.stop('red-1', 1000)).rejects.toThrow('blue-1, green-1');
      await expect(fixture.runtime.lastEnding('red-1')).rejects.toThrow('blue-1, green-1');
    });
  });
}
