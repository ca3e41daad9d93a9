import { which } from 'zx';

/** The file that a command's first word starts; undefined where there is none, or it may not be run. */
export const findProgram = async (program: string, path: string): Promise<string | undefined> =>
  (await which(program, { path, nothrow: true })) ?? undefined;
