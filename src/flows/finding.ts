/** One thing that a verb needs: found or not, and how to provide it. Never the value of a credential. */
export interface Finding {
  readonly group: 'tool' | 'target';
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  readonly where: string;
  readonly next?: string;
}

export const present = (name: string, found: string, where: string): Finding => ({
  group: 'target',
  name,
  ok: true,
  found,
  where,
});

export const missing = (
  name: string,
  { found, where, next }: { readonly found: string; readonly where: string; readonly next?: string | undefined },
): Finding => ({ group: 'target', name, ok: false, found, where, ...(next === undefined ? {} : { next }) });

/** A key of the target file, what was asked, and why it does not work; undefined where it does. */
export type Check = readonly [key: string, where: string, check: () => Promise<string | undefined>];
