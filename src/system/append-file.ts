import { open, truncate } from 'node:fs/promises';
import { readText } from './files.ts';

/** A file that only grows, line by line; every line is on disk before `append` resolves. */
export interface AppendFile extends AsyncDisposable {
  readonly append: (line: string) => Promise<void>;
}

export async function openAppendFile(path: string): Promise<AppendFile> {
  await dropTornLine(path);
  const file = await open(path, 'a', 0o644);
  let size = (await file.stat()).size;
  // Lines are written one after the other, in the order in which they were handed in.
  let last: Promise<void> = Promise.resolve();
  const write = async (earlier: Promise<void>, line: string): Promise<void> => {
    // The caller of the earlier line has got its error; a disk that has room again accepts the next line.
    await earlier.catch(() => undefined);
    const bytes = Buffer.from(`${line}\n`);
    try {
      await file.appendFile(bytes);
      await file.datasync();
      size += bytes.length;
    } catch (error) {
      // Half a line on a full disk must not stand before the next one.
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
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

/** A process that was killed while it wrote left half a line, which the next one must not be glued to. */
async function dropTornLine(path: string): Promise<void> {
  const text = await readText(path);
  if (text === undefined || text === '' || text.endsWith('\n')) return;
  await truncate(path, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
}
