import type { Child } from './children.ts';
import type { Place, Places } from './places.ts';

/** The load balancer's current process, and how another one is started in its place. */
export interface Balancer {
  child: Child;
  readonly startAgain: () => Promise<Child>;
}

export interface Operation {
  readonly verb: string;
  readonly part: string;
  /** With `start` of a colour: what it is to run from now on. */
  readonly release?: string | undefined;
}

/** Executes an operation on a part of the fleet; undefined for one that does not exist, else the exit codes of what it ended. */
export type Operate = (operation: Operation) => Promise<readonly { readonly exitCode: number }[]> | undefined;

interface Parts {
  readonly regular: readonly Place[];
  readonly running: Places;
  readonly startIn: (place: Place, release: string) => Promise<void>;
  readonly balancer: Balancer;
  readonly postgres: { readonly halt: () => Promise<void>; readonly resume: () => Promise<void> };
}

/** The SOP's own limit for requests in flight (2.R4), and one second for the process to exit. */
const shutdownGraceMs = 31_000;

/** `stop green`, `restart haproxy`: what an operator, or a failure, may do to a part. */
export function createOperations({ regular, running, startIn, balancer, postgres }: Parts): Operate {
  const ofColour = (colour: string) => regular.filter((place) => place.colour === colour);
  const stopColour = async (colour: string) => {
    const codes = await Promise.all(ofColour(colour).map(({ name }) => running.stop(name, shutdownGraceMs)));
    return codes.flatMap((exitCode) => (exitCode === undefined ? [] : [{ exitCode }]));
  };
  const startColour = async (colour: string, release: string | undefined) => {
    const ended = release === undefined ? [] : await stopColour(colour);
    for (const place of ofColour(colour)) {
      const wanted = release ?? (await running.releaseIn(place.name));
      if (wanted !== undefined && !(await running.isRunning(place.name))) await startIn(place, wanted);
    }
    return ended;
  };
  const restartBalancer = async () => {
    const ending = await balancer.child.stop('SIGKILL', 1000);
    balancer.child = await balancer.startAgain();
    return [{ exitCode: ending.exitCode === 137 ? 0 : ending.exitCode }];
  };
  const without = async (work: Promise<unknown>) => (await work, []);
  return ({ verb, part, release }) => {
    const isColour = part === 'blue' || part === 'green';
    if (isColour && verb === 'start') return startColour(part, release);
    if (isColour && verb === 'stop') return stopColour(part);
    if (part === 'haproxy' && verb === 'restart') return restartBalancer();
    if (part === 'haproxy' && verb === 'reload')
      return without(Promise.resolve(process.kill(balancer.child.pid, 'SIGUSR2')));
    if (part === 'database' && verb === 'stop') return without(postgres.halt());
    if (part === 'database' && verb === 'start') return without(postgres.resume());
    return undefined;
  };
}
