import { judgeRate } from '../../core/judge/rate.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import { type Observation, sumCounts } from '../../core/rollout/observation.ts';
import type { RolloutStep } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import { isSettled, type Judgement } from '../../core/verdict.ts';
import { openObserver } from './observer.ts';
import type { RolloutRun } from './run.ts';
import { sendSynthetic } from './synthetic.ts';

/** Of a journal that has no such setting. A longer proof would only delay the report: users have their traffic back. */
const defaultMs = 120_000;

/** Whether the side that has its traffic back serves within its objectives, by the counters that judged the release. */
export async function proveRollback(
  { side }: RolloutStep & { do: 'prove-rollback' },
  run: RolloutRun,
): Promise<StepOutcome> {
  const stage = { share: 100, canary: side };
  const { settings, previousRelease } = run.state().plan;
  const release = previousRelease === undefined ? {} : { release: previousRelease };
  const traffic = await sendSynthetic(stage, run, { ...release, alone: true });
  try {
    const observer = await openObserver(stage, run);
    const began = run.clock.monotonic();
    const deadline = began + (settings.proofMs ?? defaultMs);
    const observations: Observation[] = [];
    let problem: string | undefined;
    for (;;) {
      await run.clock.sleep(settings.intervalMs, run.signal);
      const { observation } = await observer.observe();
      if (observation.observed) observations.push(observation);
      else problem = observation.problems[0];
      const judgements = run.slos.map((slo) =>
        judgeRate({
          source: 'rollback',
          title: slo.title,
          slo,
          count: sumCounts(observations, 'canary', slo.id),
          evidence: [],
        }),
      );
      const over = run.clock.monotonic() >= deadline || run.signal.aborted;
      if (judgements.every(({ status }) => status === 'pass') || judgements.some(isFailed) || over)
        return outcomeOf(judgements, run.clock.monotonic() - began, problem);
    }
  } finally {
    traffic.stop();
  }
}

const isFailed = ({ status }: Judgement): boolean => status === 'fail';

function outcomeOf(judgements: readonly Judgement[], observedMs: number, problem: string | undefined): StepOutcome {
  const facts = judgements.map(({ title, actual }) => `${title}: ${actual}`).join('; ');
  const open = judgements.filter((judgement) => !isSettled(judgement));
  if (open.length === 0) return { summary: `objectives met in ${formatMs(observedMs)}: ${facts}` };
  const failed = open.filter(isFailed);
  const word = failed.length > 0 ? 'objectives not met' : 'not shown to meet its objectives';
  const reasons = (failed.length > 0 ? failed : open).map(({ title, because }) => `${title}: ${because}`);
  return {
    summary: `${word} in ${formatMs(observedMs)}: ${facts}`,
    problems: [...reasons, ...(problem === undefined ? [] : [problem])].map(
      (reason) => `${word}: ${reason.replace(/\.$/, '')}`,
    ),
  };
}
