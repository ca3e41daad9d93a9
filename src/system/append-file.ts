import { open } from 'node:fs/promises';

/** A file that only grows, line by line; every line is on disk before `append` resolves. */
export interface AppendFile extends AsyncDisposable {
  readonly append: (line: string) => Promise<void>;
}

export async function openAppendFile(path: string): Promise<AppendFile> {
  const file = await open(path, 'a', 0o644);
  // Lines are written one after the other, in the order in which they were handed in.
  let last: Promise<void> = Promise.resolve();
  const write = async (earlier: Promise<void>, line: string): Promise<void> => {
    await earlier;
    await file.appendFile(`${line}\n`);
    await file.datasync();
  };
  return {
    append: (line) => {
      last = write(last, line);
      return last;
    },
    [Symbol.asyncDispose]: async () => {
      await last.catch(() => undefined);
      await file.close();
    },
  };
}
