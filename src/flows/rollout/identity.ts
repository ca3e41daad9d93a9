import { liveSideOf, type RolloutPlan } from '../../core/rollout/plan.ts';
import type { Side } from '../../core/rollout/step.ts';
import { stepFailed } from './release-steps.ts';
import { signalOf } from './retry.ts';
import type { RolloutContext, RolloutRun } from './run.ts';
import { placesOf } from './sides.ts';

export interface SideIdentity {
  /** By instance; `unknown` where it shows none, `accepted` where the target file accepts that. */
  readonly releases: Readonly<Record<string, string>>;
  readonly summary: string;
}

/**
 * Clause 2.B1: every instance of a side shows the release before it gets traffic. Throws ToolError for another release; an
 * instance that shows none keeps the rollout from GO, unless the target file accepts that by name.
 */
export async function requireIdentity(side: Side, release: string, run: RolloutRun): Promise<SideIdentity> {
  const answers = await readSide(side, run, signalOf(run));
  const other = answers.find((answer) => 'release' in answer && answer.release !== release);
  if (other && 'release' in other)
    throw stepFailed(`${other.name} answers as ${other.release}, and ${release} was started there.`);
  const { from } = run.targetOf(run.state().plan.live).identity;
  const missing = answers.flatMap((answer) => ('problem' in answer ? [`${answer.name}: ${answer.problem}`] : []));
  const unknown = from === 'none' ? 'accepted' : 'unknown';
  return {
    releases: Object.fromEntries(
      answers.map((answer) => [answer.name, 'release' in answer ? answer.release : unknown]),
    ),
    summary: missing.length > 0 ? `release not shown (${missing.join('; ')})` : `answers as ${release}`,
  };
}

/** What the plan says of the evidence, found by asking the live instances; undefined where each of them shows a release. */
export async function missingIdentity(plan: RolloutPlan, context: RolloutContext): Promise<string | undefined> {
  const { identity } = context.targetOf(plan.live);
  if (identity.from === 'none')
    return `which release an instance runs is not verified, accepted by the target file: ${identity.because}`;
  const answers = await readSide(liveSideOf(plan), context, context.signal);
  const missing = answers.flatMap((answer) => ('problem' in answer ? [`${answer.name}: ${answer.problem}`] : []));
  return missing.length === 0
    ? undefined
    : `no evidence of the release that an instance runs (${missing.join('; ')}), so the rollout ends at best with HOLD; name one as \`identity\` in the target file`;
}

export type NamedAnswer = { readonly name: string } & ({ readonly release: string } | { readonly problem: string });

/** A load balancer spreads them over whatever answers at the public address, old or new. */
const answerPauseMs = 200;

async function readPublic(context: RolloutContext, signal: AbortSignal): Promise<NamedAnswer[]> {
  const { environment, service, rateLimit, identity } = context.targetOf('public');
  const { toolEnv: env, projectRoot: cwd } = context.runner;
  const name = 'public';
  const instance = { name, address: environment.api, healthPath: service.health.path, runningRelease: undefined };
  const pauseMs = Math.max(answerPauseMs, rateLimit ? rateLimit.perMs / rateLimit.requests : 0);
  const wanted = context.drivers.platform?.answers ?? 1;
  const answers: NamedAnswer[] = [];
  while (answers.length < wanted && !signal.aborted) {
    if (answers.length > 0) await context.clock.sleep(pauseMs, signal);
    answers.push({ name, ...(await context.instruments.readIdentity(instance, identity, { env, cwd, signal })) });
  }
  return answers;
}

/** What each running instance of a side answers as; of a platform's one instance, each of several answers in a row. */
export async function readSide(side: Side, context: RolloutContext, signal: AbortSignal): Promise<NamedAnswer[]> {
  if (side.kind === 'public') return readPublic(context, signal);
  const places = (await placesOf(side, context)).filter(({ running }) => running);
  const { toolEnv: env, projectRoot: cwd } = context.runner;
  return Promise.all(
    places.map(async ({ name, address, colour, release, image }) => {
      const target = context.targetOf(colour);
      const instance = {
        name,
        address,
        healthPath: target.service.health.path,
        runningRelease: image ? image.version : release,
      };
      const answer = await context.instruments.readIdentity(instance, target.identity, { env, cwd, signal });
      return { name, ...answer };
    }),
  );
}
