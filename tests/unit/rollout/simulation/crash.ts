/** When a command dies: before, in the middle of (torn), or after one of its effects. */
export type CrashPhase = 'before' | 'torn' | 'after';
export interface CrashPoint {
  /** The number of the effect, from 0. */
  readonly index: number;
  readonly phase: CrashPhase;
}

interface Effect<T> {
  /** `journal intended shift`, `router setShares`. */
  readonly name: string;
  readonly perform: () => Promise<T>;
  /** Does half of it; only what is written can be torn. */
  readonly tear?: () => Promise<void>;
}

/** One command as a process: everything that it does to disk or target passes here, and here it can be killed. */
export interface SimulatedProcess {
  readonly effect: <T>(effect: Effect<T>) => Promise<T>;
  /** What changes nothing: after the death it never returns. */
  readonly read: <T>(perform: () => Promise<T>) => Promise<T>;
  /** The effects so far, and whether each can be torn. */
  readonly effects: readonly { readonly name: string; readonly tearable: boolean }[];
  readonly isAlive: () => boolean;
  /** Resolves at its death. */
  readonly died: Promise<'killed'>;
}

/** Code of a killed process never runs on: what it waits for never comes. */
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export function startProcess(crash?: CrashPoint): SimulatedProcess {
  const effects: { name: string; tearable: boolean }[] = [];
  let alive = true;
  let onDeath: (value: 'killed') => void = () => undefined;
  const died = new Promise<'killed'>((resolve) => (onDeath = resolve));
  const die = <T>(): Promise<T> => {
    alive = false;
    onDeath('killed');
    return never<T>();
  };
  return {
    effects,
    isAlive: () => alive,
    died,
    read: async (perform) => {
      if (!alive) return never();
      const value = await perform();
      return alive ? value : never();
    },
    effect: async ({ name, perform, tear }) => {
      if (!alive) return never();
      const index = effects.push({ name, tearable: tear !== undefined }) - 1;
      const phase = crash?.index === index ? crash.phase : undefined;
      if (phase === 'before') return die();
      if (phase === 'torn' && tear) {
        await tear();
        return die();
      }
      const value = await perform();
      if (!alive) return never();
      return phase === 'after' ? die() : value;
    },
  };
}

/** Every point at which a process with these effects can die. */
export const crashPointsOf = ({ effects }: Pick<SimulatedProcess, 'effects'>): (CrashPoint & { name: string })[] =>
  effects.flatMap(({ name, tearable }, index) =>
    (tearable ? (['before', 'torn', 'after'] as const) : (['before', 'after'] as const)).map((phase) => ({
      index,
      phase,
      name: `${phase} ${name}`,
    })),
  );
