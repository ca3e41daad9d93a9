import { ToolError } from '../../core/errors.ts';
import { currentSet, type DeploymentState, isReady, isTerminating, podsOf, presentPods } from './deployment-state.ts';
import { findContainer } from './containers.ts';
import { notReadyReasons, type PodFailure } from './pod-failures.ts';
import type { SideRun } from './side-run.ts';

const lastLines = 4;

/** The last lines of an output, for the end of a message. */
export function describeOutput(log: string | undefined): string {
  const lines = (log ?? '').trim().split('\n').slice(-lastLines).join('\n');
  return lines === '' ? '' : `\n${lines}`;
}

/** A pod that cannot become ready: the reason and message of its container, and the last lines of what has crashed. */
export async function podError(name: string, failure: PodFailure, run: SideRun): Promise<ToolError> {
  const { pod, container, reason, message, exitCode } = failure;
  const where = container === undefined ? `pod ${pod}` : `pod ${pod}, container ${container}`;
  const words = [reason, message].filter(Boolean).join(': ');
  const hasRun = container !== undefined && exitCode !== undefined;
  const log = hasRun ? await logOf({ pod, container }, run) : undefined;
  const ending = exitCode === undefined ? '' : `; its last process ended with exit code ${exitCode}`;
  return new ToolError(`Deployment ${name}: ${where}: ${words}${ending}${describeOutput(log)}`, {
    command: ['kubectl', 'describe', `pod/${pod}`],
    exitCode: exitCode ?? null,
  });
}

/** Of the process that ended last: it is the previous one, except between its end and its restart. */
async function logOf(of: { pod: string; container: string }, { reader, call }: SideRun): Promise<string | undefined> {
  const previous = await reader.log({ ...of, previous: true }, call);
  return previous === '' ? reader.log({ ...of, previous: false }, call) : previous;
}

/** Why a Deployment is not done, with what its pods report. */
export async function stateError(state: DeploymentState, why: string, run: SideRun): Promise<ToolError> {
  const { name } = state.deployment.metadata;
  const own = presentPods(podsOf(state, currentSet(state))).filter((pod) => !isTerminating(pod) && !isReady(pod));
  const reasons = notReadyReasons(own);
  const [first] = own;
  const found = findContainer(state.deployment.spec.template, run.settings);
  const log =
    first && 'found' in found
      ? await run.reader.log(
          { pod: first.metadata.name, container: found.found.container.name, previous: false },
          run.call,
        )
      : undefined;
  return new ToolError(`Deployment ${name}: ${[why, ...reasons].join('; ')}${describeOutput(log)}`, {
    command: ['kubectl', 'rollout', 'status', `deployment/${name}`],
    exitCode: null,
  });
}
