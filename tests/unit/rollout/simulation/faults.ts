import { ToolError } from '../../../../src/core/errors.ts';
import type { RunEvent } from '../../../../src/core/events.ts';
import type { RolloutEvent } from '../../../../src/core/rollout/advance.ts';
import type { RolloutContext } from '../../../../src/flows/rollout/run.ts';
import { type CommandOutcome, openSimulation, quickSettings } from './command.ts';
import type { Defect } from './defect.ts';
import { type SimulatedTarget, simulateTarget } from './target.ts';

/** The options of a blue-green rollout, and of a rolling one. */
export const ship = { release: 'new', strategy: 'blue-green' } as const;
export const roll = { release: 'new', strategy: 'rolling' } as const;
/** Several observations a stage, so that something can go wrong between them. */
export const slow = { ...quickSettings, dwellMs: 5000, holdBudgetMs: 10_000 };

export const open = async (defect?: Defect) => {
  const target = simulateTarget(defect);
  return { target, simulation: await openSimulation(target) };
};

/** Calls back once, at the first event that matches. */
export const at = (wanted: (event: RolloutEvent) => boolean, act: () => void): ((event: RunEvent) => void) => {
  let done = false;
  return (event) => {
    if (done || event.type !== 'rollout' || !wanted(event.event)) return;
    done = true;
    act();
  };
};
export const firstObservation = (event: RolloutEvent) => event.type === 'observed';
export const observing = (share: number) => (event: RolloutEvent) =>
  event.type === 'observed' && event.stage.share >= share;
export const intended = (step: string, instance: string) => (event: RolloutEvent) =>
  event.type === 'intended' && event.step.do === step && 'instance' in event.step && event.step.instance === instance;

/** A router that can be taken away and put back. */
export function breakable() {
  const router = { broken: false };
  const refused = async (): Promise<never> => {
    throw new ToolError('connect ENOENT /run/haproxy.sock', { command: [], exitCode: null });
  };
  const change = (context: RolloutContext): RolloutContext => {
    const real = context.drivers.router;
    return {
      ...context,
      drivers: {
        ...context.drivers,
        router: {
          ...real,
          read: () => (router.broken ? refused() : real.read()),
          setShares: (...args) => (router.broken ? refused() : real.setShares(...args)),
        },
      },
    };
  };
  return { router, change };
}

/** A source that can be taken away and put back: the metrics pages, or the router. */
export function blindable(what: 'metrics' | 'router') {
  const { router, change } = breakable();
  const metrics = { broken: false };
  const source = what === 'router' ? router : metrics;
  return {
    source,
    change: (context: RolloutContext): RolloutContext => {
      const changed = change(context);
      const { scrapeAll } = changed.instruments;
      const failing = (url: string) => ({ url, at: '', problem: `${url}: connect ECONNREFUSED` });
      return {
        ...changed,
        instruments: {
          ...changed.instruments,
          scrapeAll: async (urls, ...rest) => (metrics.broken ? urls.map(failing) : scrapeAll(urls, ...rest)),
        },
      };
    },
  };
}

export function ended(outcome: CommandOutcome) {
  if (outcome.kind !== 'ended') throw new Error('error' in outcome ? outcome.error.message : outcome.kind);
  const { exitCode, verdict, rollout, judgements } = outcome.result;
  return { exitCode, because: verdict.because, phase: rollout?.phase, rollout, judgements };
}

export const shares = (target: SimulatedTarget) => target.shares();
export const releases = (target: SimulatedTarget) => [
  ...new Set(
    target.instances.filter(({ state, weight }) => state === 'ready' && weight > 0).map((each) => each.release),
  ),
];
