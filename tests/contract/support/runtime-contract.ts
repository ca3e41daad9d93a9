import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Runtime } from '../../../src/runtimes/index.ts';

export interface RuntimeFixture extends AsyncDisposable {
  /** Has the places blue-1 and green-1, empty. */
  readonly runtime: Runtime;
}

/** What an instance says at its address; undefined where nobody answers. */
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

/** What every runtime can do. `broken` begins with an exit code of 3, `stubborn` does not end at SIGTERM. */
export function runtimeContract(name: string, open: () => Promise<RuntimeFixture>): void {
  describe(`runtime ${name}`, () => {
    let ground: RuntimeFixture;
    beforeAll(async () => {
      ground = await open();
    });
    afterAll(() => ground[Symbol.asyncDispose]());

    const place = async (wanted: string) => {
      const found = (await ground.runtime.read()).find((each) => each.name === wanted);
      if (!found) throw new Error(`no place ${wanted}`);
      return found;
    };

    it('names every place, and that nothing runs in it', async () => {
      const places = await ground.runtime.read();
      expect(places.map(({ name: each, running, release }) => [each, running, release])).toEqual([
        ['blue-1', false, undefined],
        ['green-1', false, undefined],
      ]);
    });

    it('starts a release in a place, and leaves the other places alone', async () => {
      await ground.runtime.start('blue-1', 'one');
      await ground.runtime.start('green-1', 'two');
      expect(await place('blue-1')).toMatchObject({ running: true, release: 'one', colour: 'blue' });
      expect(await answerAt((await place('blue-1')).address)).toBe('one');
      expect(await answerAt((await place('green-1')).address)).toBe('two');
    });

    it('stops by SIGTERM and tells the exit code; what is stopped is gone', async () => {
      const { exitCode, killed } = await ground.runtime.stop('green-1', 10_000);
      expect({ exitCode, killed }).toEqual({ exitCode: 0, killed: false });
      expect(await place('green-1')).toMatchObject({ running: false });
      expect(await answerAt((await place('blue-1')).address)).toBe('one');
    });

    it('a place in which nothing runs is stopped at once', async () => {
      expect(await ground.runtime.stop('green-1', 10_000)).toMatchObject({ killed: false });
    });

    it('what does not end in its time is killed, and that is said', async () => {
      await ground.runtime.start('green-1', 'stubborn');
      expect(await answerAt((await place('green-1')).address)).toBe('stubborn');
      const { killed } = await ground.runtime.stop('green-1', 1000);
      expect(killed).toBe(true);
      expect((await place('green-1')).running).toBe(false);
    });

    it('a release that cannot start is an error with the command, or does not run', async () => {
      const failure = await ground.runtime.start('green-1', 'broken').then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure)
        expect(failure).toMatchObject({
          name: 'ToolError',
          command: expect.arrayContaining([expect.any(String)]) as unknown,
        });
      await expect.poll(async () => (await place('green-1')).running, { timeout: 10_000 }).toBe(false);
      expect(await ground.runtime.lastEnding('green-1')).toContain('no such thing as a database');
    });

    it('of what runs there is no ending to tell', async () => {
      expect(await ground.runtime.lastEnding('blue-1')).toBeUndefined();
    });

    it('a place that nobody named is an error that names those that there are', async () => {
      await expect(ground.runtime.start('red-1', 'one')).rejects.toThrow('blue-1, green-1');
      await expect(ground.runtime.stop('red-1', 1000)).rejects.toThrow('blue-1, green-1');
      await expect(ground.runtime.lastEnding('red-1')).rejects.toThrow('blue-1, green-1');
    });
  });
}
