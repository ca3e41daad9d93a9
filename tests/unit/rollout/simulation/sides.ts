import { ToolError } from '../../../../src/core/errors.ts';
import type { Colour } from '../../../../src/core/target.ts';
import type { SideReplaced, SideRuntime } from '../../../../src/runtimes/index.ts';
import type { SimulatedProcess } from './crash.ts';
import { sleepIn } from './effects.ts';
import type { Instance } from './instance.ts';
import type { SideController } from './side-controller.ts';
import type { SimulatedTarget } from './target.ts';

/** What a Deployment is asked for; its controller goes on when the process that asked is killed. */
interface Wanted {
  release: string;
  replicas: number;
  paused: boolean;
  readonly history: string[];
}

/** A runtime that replaces the instances of a colour by itself, one beside the others and one after the other. */
export interface SimulatedSides extends SideController {
  readonly wanted: Partial<Record<Colour, Wanted>>;
  /** How instances end from now on. */
  exitCode: number | null;
  problems: string[];
}

const replicas = 2;
const pollMs = 500;

/** Makes the instances of a target those of Deployments: blue with the old release, and green with nothing. */
export function simulateSides(target: SimulatedTarget, colours: readonly Colour[]): SimulatedSides {
  const ended: { name: string; exitCode: number | null; killed: boolean }[] = [];
  let created = replicas;
  const kept = target.instances.filter(({ colour, surge }) => colour === 'blue' && !surge);
  target.instances.splice(0, target.instances.length, ...kept);
  const of = (colour: Colour) => target.instances.filter((each) => each.colour === colour);

  const reconcileOne = (colour: Colour, wanted: Wanted): void => {
    const pods = of(colour);
    for (const pod of pods) if (target.isUp(pod)) pod.state = 'ready';
    if (wanted.paused) return;
    const others = pods.filter(({ release }) => release !== wanted.release);
    const [down] = others.filter((pod) => !target.isUp(pod));
    const up = pods.filter(target.isUp);
    if (pods.length <= wanted.replicas && pods.length - others.length < wanted.replicas)
      return void target.instances.push(podOf(colour, wanted.release));
    const leaving = down ?? (up.length > wanted.replicas ? others[0] : undefined);
    if (leaving) end(leaving);
  };
  const podOf = (colour: Colour, release: string): Instance => ({
    ...(kept[0] as Instance),
    name: `${colour}-${(created += 1)}`,
    colour,
    release,
    running: true,
    startedAtMs: target.nowMs,
    weight: of(colour)[0]?.weight ?? 0,
    state: 'out',
    requests: 0,
    errors: 0,
    served: 0,
    failed: 0,
  });
  const end = (pod: Instance) => {
    target.instances.splice(target.instances.indexOf(pod), 1);
    ended.push({ name: pod.name, exitCode: sides.exitCode, killed: sides.exitCode === 137 });
    target.checkUsers(`${pod.name} ends`);
  };
  const sides: SimulatedSides = {
    wanted: Object.fromEntries(
      colours.map((colour): [Colour, Wanted] => [
        colour,
        colour === 'blue'
          ? { release: 'old', replicas, paused: false, history: ['old'] }
          : { release: 'older', replicas: 0, paused: false, history: ['older'] },
      ]),
    ),
    exitCode: 0,
    problems: [],
    reconcile: () => {
      for (const colour of colours) reconcileOne(colour, sides.wanted[colour] as Wanted);
    },
    driverFor: (process) => driverOf({ target, sides, colours, ended, of }, process),
  };
  return sides;
}

interface Parts {
  readonly target: SimulatedTarget;
  readonly sides: SimulatedSides;
  readonly colours: readonly Colour[];
  readonly ended: readonly { name: string; exitCode: number | null; killed: boolean }[];
  readonly of: (colour: Colour) => Instance[];
}

function driverOf({ target, sides, colours, ended, of }: Parts, process: SimulatedProcess): SideRuntime {
  const wantedOf = (colour: Colour): Wanted => {
    const wanted = sides.wanted[colour];
    if (!wanted) throw new ToolError(`no Deployment of ${colour}`, { command: [], exitCode: null });
    return wanted;
  };
  const write = (name: string, colour: Colour, change: Partial<Wanted>) =>
    process.effect({
      name: `sides.${name} ${colour}`,
      perform: async () => {
        const wanted = Object.assign(wantedOf(colour), change);
        if (wanted.history.at(-1) !== wanted.release) wanted.history.push(wanted.release);
      },
    });
  const running = (colour: Colour, release: string) => of(colour).filter((each) => each.release === release);
  const until = async (
    colour: Colour,
    release: string,
    isDone: () => boolean,
    since: number,
  ): Promise<SideReplaced> => {
    for (;;) {
      const pods = running(colour, release);
      const broken = pods.find((pod) => !target.isUp(pod));
      if (broken)
        throw new ToolError(`${broken.name}: container api waits in CrashLoopBackOff, exit code 1: boom`, {
          command: [],
          exitCode: null,
        });
      if (isDone() && pods.every(({ state }) => state === 'ready')) break;
      await sleepIn(target, process, pollMs);
    }
    const names = running(colour, release).map(({ name }) => name);
    return {
      summary: `${colour}: ${names.length} of ${wantedOf(colour).replicas} pods run ${release}`,
      instances: names,
      endings: ended.slice(since),
      problems: sides.problems,
    };
  };
  const isWhole = (colour: Colour, release: string) => () =>
    of(colour).length === wantedOf(colour).replicas && running(colour, release).length === of(colour).length;
  return {
    colours,
    check: async () => sides.problems,
    sizes: async (colour) => ({ first: 1, serving: of(colour).length }),
    restorable: async (colour) => {
      const { release, history } = wantedOf(colour);
      return [...new Set(history.toReversed())].filter((each) => each !== release);
    },
    replace: async (colour, release) => {
      const since = ended.length;
      const { release: now, paused, replicas: size } = wantedOf(colour);
      if (now !== release || paused || size === 0)
        await write('template', colour, { release, paused: false, replicas });
      return until(colour, release, isWhole(colour, release), since);
    },
    replaceFirst: async (colour, release) => {
      const since = ended.length;
      if (wantedOf(colour).release !== release) await write('template', colour, { release, paused: false });
      while (running(colour, release).length === 0) await sleepIn(target, process, pollMs);
      if (!wantedOf(colour).paused && !isWhole(colour, release)()) await write('pause', colour, { paused: true });
      return until(colour, release, () => true, since);
    },
    restore: async (colour, release) => {
      const since = ended.length;
      const { release: now, paused } = wantedOf(colour);
      if (now !== release || paused) await write('restore', colour, { release, paused: false });
      return until(colour, release, isWhole(colour, release), since);
    },
  };
}
