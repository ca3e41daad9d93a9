import type { Count } from '../../../src/core/evidence.ts';
import type { JudgeInput } from '../../../src/core/judge/judge-input.ts';
import type { JudgeState } from '../../../src/core/judge/judge-state.ts';
import { addObservation, addSample, enterStage, startJudge } from '../../../src/core/judge/stage-state.ts';
import type { Counts, Observation, Sample, Served } from '../../../src/core/rollout/observation.ts';
import type { Slo } from '../../../src/core/slo.ts';
import { addCells, type Judge } from './pollers.ts';
import { stages } from './scenarios.ts';
import type { Cell, Second } from './traffic.ts';

const observedSeconds = 10;
/** The router had answered everything before the first shift. */
const frontBefore: Served = { requests: 100_000, failed: 0 };

/** Our judge as a rollout runs it: a sample of the router's counters each second, the instances' pages every ten. */
export const shiproomJudge =
  (input: Omit<JudgeInput, 'frontBefore'>): Judge =>
  (release) => {
    let state = startJudge({ ...input, frontBefore });
    let end = 0;
    for (const second of release) {
      const stage = stages.find(({ fromSecond }) => fromSecond === end);
      if (stage) state = enterStage(state, { share: stage.share, canary: { kind: 'colour', colour: 'green' } });
      end += 1;
      state = addSample(state, sampleOf(second, end));
      if (end % observedSeconds === 0) state = observe(state, release.slice(end - observedSeconds, end), end);
      if (state.current?.decided) return end;
    }
    return null;
  };

function observe(state: JudgeState, seconds: readonly Second[], end: number): JudgeState {
  return addObservation(state, observationOf(seconds, state.input.slos, end));
}

/** The router's counters of one second. */
export const sampleOf = ({ green, blue }: Second, end: number): Sample => ({
  at: timeOf(end),
  lengthMs: 1000,
  strata: [{ canary: servedOf(green), baseline: servedOf(blue) }],
  front: { requests: green.requests + blue.requests, failed: 0 },
});

/** The instances' pages of several seconds. */
export function observationOf(seconds: readonly Second[], slos: readonly Slo[], end: number): Observation {
  const green = addCells(seconds.map((second) => second.green));
  const blue = addCells(seconds.map((second) => second.blue));
  return {
    at: timeOf(end),
    lengthMs: seconds.length * 1000,
    observed: true,
    share: (seconds[0]?.share ?? 0) / 100,
    canary: countsOf(green, slos),
    baseline: countsOf(blue, slos),
    ready: true,
    served: { canary: servedOf(green), baseline: servedOf(blue) },
    front: { requests: green.requests + blue.requests, failed: 0 },
    problems: [],
  };
}

const timeOf = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const servedOf = ({ requests, serverErrors }: Cell): Served => ({ requests, failed: serverErrors });

/** Crashed sessions are not simulated. */
const countsOf = (cell: Cell, slos: readonly Slo[]): Counts =>
  Object.fromEntries(
    slos.flatMap(({ id, event }): [string, Count][] => {
      switch (event.kind) {
        case 'server-error':
          return [[id, { events: cell.serverErrors, trials: cell.requests }]];
        case 'failed-payment':
          return [[id, { events: cell.failedPayments, trials: cell.payments }]];
        case 'slow-response':
          return [[id, { events: event.thresholdMs >= 1000 ? cell.over1000 : cell.over400, trials: cell.requests }]];
        case 'crashed-session':
          return [];
      }
    }),
  );
