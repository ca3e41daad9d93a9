import { describe, expect, it } from 'vitest';
import type { CourtesyOutcome } from '../../../src/core/courtesy.ts';
import type { FlagSnapshot } from '../../../src/core/flags.ts';
import { receiptOf } from '../../../src/core/rollout/receipt.ts';
import type { DeployOptions } from '../../../src/flows/rollout/options.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { type CommandOutcome, openSimulation, type Simulation } from './simulation/command.ts';
import { type CrashPoint, crashPointsOf } from './simulation/crash.ts';
import type { Defect } from './simulation/defect.ts';
import { simulateTarget } from './simulation/target.ts';

/** What a rollback touches beside the target: flags, a schema that is not compatible, and three services. */
interface Surroundings {
  readonly flags: Map<string, string>;
  readonly applied: Set<string>;
  /** How often each message, ticket and deploy was made, by its marker. */
  readonly made: Map<string, number>;
  /** Every effect in its order. */
  readonly log: string[];
  /** Whether the services answer. */
  down: boolean;
  readonly change: (context: RolloutContext) => RolloutContext;
}

const migration = { id: '003-contract', class: 'contract', because: 'declared', revertible: true } as const;

function surround(): Surroundings {
  const flags = new Map([
    ['release', 'off'],
    ['other', 'off'],
  ]);
  const applied = new Set<string>();
  const made = new Map<string, number>();
  const log: string[] = [];
  const courtesy = async (marker: string, uncertain: boolean): Promise<CourtesyOutcome> => {
    log.push(marker.replace(/.* /, ''));
    if (surroundings.down) return { done: false, because: 'down', retry: true, uncertain: false };
    if (!uncertain || !made.has(marker)) made.set(marker, (made.get(marker) ?? 0) + 1);
    return { done: true, summary: 'made' };
  };
  const surroundings: Surroundings = {
    flags,
    applied,
    made,
    log,
    down: false,
    change: (context) => {
      const { router, runtime } = context.drivers;
      return {
        ...context,
        drivers: {
          router: {
            ...router,
            setShares: async (shares, call) => {
              log.push(`shares ${shares.blue}:${shares.green}`);
              return router.setShares(shares, call);
            },
          },
          runtime: {
            ...runtime,
            start: async (name, release, call) => {
              // The release turns its own flag on when it starts.
              if (release === 'new') flags.set('release', 'on');
              return runtime.start(name, release, call);
            },
          },
          migrations: {
            name: 'simulated',
            check: async () => undefined,
            status: async () => [{ id: migration.id, applied: applied.has(migration.id) }],
            pending: async () => (applied.has(migration.id) ? [] : [migration]),
            up: async () => void applied.add(migration.id),
            down: async (ids) => {
              for (const id of ids) if (!applied.delete(id)) log.push(`reverted twice: ${id}`);
              log.push('down');
            },
          },
          flags: {
            driver: {
              name: 'simulated',
              snapshot: async (): Promise<FlagSnapshot> => Object.fromEntries(flags),
              restore: async (changes) => {
                log.push('flags');
                const wanted = changes.filter(({ name, from }) => flags.get(name) === from);
                for (const { name, to } of wanted) flags.set(name, to ?? '');
                return wanted.map(({ name }) => name);
              },
            },
          },
        },
        courtesies: {
          retryMs: 5000,
          channel: {
            name: 'simulated',
            send: ({ marker }, { uncertain }) => courtesy(marker, uncertain),
            check: async () => undefined,
          },
          tickets: {
            name: 'simulated',
            open: ({ marker }, { uncertain }) => courtesy(marker, uncertain),
            check: async () => undefined,
          },
          releases: {
            name: 'simulated',
            prepare: () => Promise.reject(new Error('not used')),
            read: () => Promise.reject(new Error('not used')),
            finalize: () => Promise.reject(new Error('not used')),
            recordFailedDeploy: ({ runId }, { uncertain }) => courtesy(`${runId} deploy`, uncertain),
            check: async () => undefined,
          },
        },
      };
    },
  };
  return surroundings;
}

const defect: Defect = { kind: 'errors', fromShare: 10 };
const shipping: DeployOptions = { release: 'new', strategy: 'blue-green' };

/** Somebody else turns a flag on once the release has traffic. */
function meddle(around: Surroundings): void {
  if (around.log.some((entry) => /^shares (?!100:0)/.test(entry))) around.flags.set('other', 'on');
}

async function command(simulation: Simulation, around: Surroundings, options: DeployOptions, crash?: CrashPoint) {
  return simulation.run(options, {
    change: around.change,
    listen: () => meddle(around),
    ...(crash ? { crash } : {}),
  });
}

async function shipAndContinue(crash: CrashPoint | undefined, order: 'resume' | 'abort', around = surround()) {
  const simulation = await openSimulation(simulateTarget(defect));
  let outcome: CommandOutcome & { process?: unknown } = await command(simulation, around, shipping, crash);
  if (outcome.kind === 'killed') {
    outcome = await command(simulation, around, { [order]: true });
    if (outcome.kind === 'refused' && (await simulation.rollout()))
      outcome = await command(simulation, around, { resume: true });
  }
  return { simulation, outcome, around };
}

async function points() {
  const simulation = await openSimulation(simulateTarget(defect));
  const { process } = await command(simulation, surround(), shipping);
  await simulation[Symbol.asyncDispose]();
  return crashPointsOf(process);
}

/** Several at a time: each has a target and a folder of its own, and mostly waits for its writes. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

describe('a rollback with flags, a schema and three services', () => {
  it('does each step once, in the order of 4.2, and lists what others changed', async () => {
    const { simulation, outcome, around } = await shipAndContinue(undefined, 'resume');
    await using _ = simulation;
    expect(outcome).toMatchObject({ kind: 'ended', result: { exitCode: 1 } });
    expect(around.log).toEqual(['shares 90:10', 'shares 100:0', 'flags', 'down', 'incident', 'retro', 'deploy']);
    const receipt = receiptOf((await simulation.rollout())?.record ?? fail());
    expect(receipt?.steps.map(({ clause, status }) => `${clause} ${status}`)).toEqual([
      '4.2.1 done',
      '4.2.1 done',
      '4.2.2 problem',
      '4.2.3 done',
      '4.2.4 done',
      '4.2.4 done',
      '4.2.5 done',
      expect.stringMatching(/^4\.2\.1 (done|problem)$/) as unknown,
    ]);
    expect(receipt?.steps[2]?.problems).toEqual(['other was left alone: it was changed after the first traffic']);
  });

  it.each(['resume', 'abort'] as const)(
    'killed at any write or effect, then --%s: the same, and nothing twice',
    { timeout: 60_000 },
    async (order) => {
      await eachOf(await points(), async ({ name, ...crash }) => {
        const { simulation, outcome, around } = await shipAndContinue(crash, order);
        await using _ = simulation;
        const about = `killed ${name}, --${order}`;
        expect([about, around.flags.get('release'), around.applied.size]).toEqual([about, 'off', 0]);
        expect([about, [...around.made.values()].filter((times) => times !== 1)]).toEqual([about, []]);
        expect([about, around.log.filter((entry) => entry.startsWith('reverted twice'))]).toEqual([about, []]);
        if (outcome.kind === 'ended') expect([about, around.made.size]).toEqual([about, 3]);
        const down = around.log.indexOf('down');
        if (down >= 0) expect([about, around.log.indexOf('shares 100:0') < down]).toEqual([about, true]);
        expect([about, outcome.kind === 'killed']).toEqual([about, false]);
      });
    },
  );

  it('with the services down: traffic is back as soon, and they are tried again and reported', async () => {
    const backMs = async (down: boolean) => {
      const around = surround();
      around.down = down;
      const { simulation, outcome } = await shipAndContinue(undefined, 'resume', around);
      await using _ = simulation;
      expect(outcome).toMatchObject({ kind: 'ended', result: { exitCode: 1 } });
      return { receipt: receiptOf((await simulation.rollout())?.record ?? fail()), around };
    };
    const [up, lost] = [await backMs(false), await backMs(true)];
    expect(lost.receipt?.trafficBackMs).toBe(up.receipt?.trafficBackMs);
    expect(lost.around.log.filter((entry) => entry === 'incident').length).toBeGreaterThan(2);
    expect(lost.receipt?.steps.flatMap(({ problems }) => problems)).toEqual(
      expect.arrayContaining(['down', 'down', 'down']),
    );
  });
});

const fail = (): never => {
  throw new Error('no rollout');
};
