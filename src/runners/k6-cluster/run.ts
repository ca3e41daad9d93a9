import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { messageOf, ToolError } from '../../core/errors.ts';
import type { LoadEvidence } from '../../core/evidence.ts';
import { usersOfRunner } from '../../core/load-segments.ts';
import { systemClock } from '../../system/clock.ts';
import { makeFolder, readText, removeFile, writeJsonAtomic, writeTextAtomic } from '../../system/files.ts';
import { type KubernetesClient, openKubernetes } from '../../system/kubernetes.ts';
import { probeRelease } from '../k6-probe.ts';
import { aroundTheLoadMs } from '../k6-process.ts';
import type { RunnerContext } from '../runner.ts';
import { clusterEvidence, type Sent } from './evidence.ts';
import { runnerFiles } from './files.ts';
import { collect, type Ending, untilEnded } from './finish.ts';
import { openJob } from './job.ts';
import { describeOwner, ownerAnnotation, removeLeftovers } from './leftovers.ts';
import type { ClusterLoad, LoadSet } from './load-set.ts';
import { type LoadObjects, jobOf, testRunOf } from './manifests.ts';
import { type Starts, startTogether, untilReady } from './start.ts';
import { openTestRun } from './test-run.ts';
import { trackPods, type TrackedPods, type Watch } from './tracking.ts';

const defaultPollMs = 500;

/**
 * Clause 3.2a by several k6 in a cluster, each with its segment of the one plan, started at the same time. Returns what they
 * counted together; a runner that failed is evidence, not thrown. Leaves no object in the cluster.
 */
export async function runClusterK6(options: ClusterLoad, context: RunnerContext): Promise<LoadEvidence> {
  const { engine, target, clock = systemClock, pollMs = defaultPollMs } = options;
  const { signal, emit } = context;
  const startedAt = new Date(clock.now()).toISOString();
  const client = await openKubernetes(engine.cluster).connect();
  const labels = labelsOf(target.name);
  const left = await removeLeftovers(client, engine, labels, signal);
  if (left.length > 0) emit({ type: 'note', text: `removed what an earlier load left: ${left.join(', ')}` });
  const probed = await probeRelease(target, signal);
  const objects = await objectsOf({ options, labels, probed }, context);
  const set = (engine.driver === 'kubernetes' ? openJob : openTestRun)({ client, engine, name: objects.name }, objects);
  const folder = await keptFolder(options, objects, context);
  const watch: Watch = { set, runners: engine.runners, clock, signal, pollMs };
  let sent: Sent;
  try {
    sent = await send(watch, { client, options, run: objects.name }, context);
  } finally {
    await cleanUp(set, objects.name, { client, context });
  }
  return clusterEvidence({ ...sent, startedAt, folder, compared: options.expectedRelease ?? probed }, options, context);
}

interface Sending {
  readonly client: KubernetesClient;
  readonly options: ClusterLoad;
  readonly run: string;
}

async function send(watch: Watch, { client, options, run }: Sending, context: RunnerContext): Promise<Sent> {
  const { plan, slos, engine, budgetMs = plan.durationMs + aroundTheLoadMs } = options;
  const { set, runners, clock, signal } = watch;
  const pods = trackPods(watch);
  let starts: Starts = { lateMs: [], problems: [] };
  let ending: Ending = { timedOut: false, problems: [] };
  let began = clock.monotonic();
  try {
    await set.create(signal);
    const users = usersOfRunner(plan);
    const refused = await untilReady(watch, { client, pods, users, startWithinMs: engine.startWithinMs });
    if (refused.length > 0) return { ...nothingSent(pods, watch), problems: refused };
    // Mounted files outlive their Secret, so that the tokens are in the cluster for seconds only.
    await set.removeSessions().catch(() => undefined);
    began = clock.monotonic();
    if (set.startsPaused) starts = await startTogether(watch, client, pods);
    if (starts.problems.length === 0) {
      const limitMs = budgetMs + (set.startsPaused ? 0 : engine.startWithinMs);
      ending = await untilEnded(watch, pods, { limitMs, onPoll: (ms) => writeProgress(ms, options, context) });
    }
  } catch (error) {
    // A request that the interruption ended; what was counted until then is read no more.
    if (!signal.aborted) throw error;
  }
  const { messages, runners: each, problems } = collect(pods, { run, slos, runners, lateMs: starts.lateMs });
  return {
    messages,
    runners: each,
    ended: pods,
    interrupted: signal.aborted,
    timedOut: ending.timedOut,
    durationMs: clock.monotonic() - began,
    problems: [...starts.problems, ...ending.problems, ...problems],
  };
}

const nothingSent = (pods: TrackedPods, { signal, runners }: Watch): Sent => ({
  messages: [],
  runners: collect(pods, { run: '', slos: [], runners, lateMs: [] }).runners,
  ended: pods,
  interrupted: signal.aborted,
  timedOut: false,
  durationMs: 0,
  problems: [],
});

function writeProgress(elapsedMs: number, { plan, engine }: ClusterLoad, { emit }: RunnerContext): void {
  const done = Math.round(elapsedMs / 1000);
  const of = Math.max(done, Math.round(plan.durationMs / 1000));
  emit({ type: 'step-progress', step: 'load', text: `${engine.runners} runners`, done, of });
}

/** The value of a label has at most 63 of these characters. */
const labelValue = (text: string): string =>
  text
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 63)
    .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '') || 'target';

const labelsOf = (target: string) => ({
  'app.kubernetes.io/managed-by': 'shiproom',
  'app.kubernetes.io/component': 'load',
  'shiproom/target': labelValue(target),
});

interface Question {
  readonly options: ClusterLoad;
  readonly labels: Readonly<Record<string, string>>;
  readonly probed: string | undefined;
}

async function objectsOf(
  { options, labels, probed }: Question,
  { runFolder, projectRoot }: RunnerContext,
): Promise<LoadObjects> {
  const { engine, plan, clock = systemClock, sessionsFile } = options;
  const digest = createHash('sha256')
    .update(`${basename(runFolder)} ${clock.now()} ${JSON.stringify(plan)}`)
    .digest('hex');
  const name = `shiproom-load-${digest.slice(0, 12)}`;
  const sessions = await readText(sessionsFile);
  if (sessions === undefined) throw new ToolError('the load has no sessions file', { command: ['k6'], exitCode: null });
  return {
    name,
    labels,
    annotations: { [ownerAnnotation]: await describeOwner() },
    engine,
    files: await runnerFiles({ options, run: name, runners: engine.runners, probed, projectRoot }),
    sessions,
    limitMs: engine.startWithinMs + (options.budgetMs ?? plan.durationMs + aroundTheLoadMs) + aroundTheLoadMs,
  };
}

/** What of the load is kept with the run: everything but the tokens. */
async function keptFolder(
  { plan, slos }: ClusterLoad,
  objects: LoadObjects,
  { runFolder, mask }: RunnerContext,
): Promise<string> {
  const folder = join(runFolder, 'k6');
  await removeFile(folder);
  await makeFolder(folder);
  await writeJsonAtomic(join(folder, 'plan.json'), plan);
  await writeJsonAtomic(join(folder, 'slo.json'), slos);
  const manifest = objects.engine.driver === 'kubernetes' ? jobOf(objects) : testRunOf(objects);
  await writeTextAtomic(join(folder, 'manifest.json'), mask(`${JSON.stringify(manifest, undefined, 2)}\n`));
  return folder;
}

async function cleanUp(
  set: LoadSet,
  name: string,
  { client, context }: { readonly client: KubernetesClient; readonly context: RunnerContext },
): Promise<void> {
  await set.remove().catch((error: unknown) =>
    context.emit({
      type: 'note',
      text: `the objects of the load could not be removed: ${messageOf(error)}. kubectl delete -n ${client.namespace} job,configmap,secret ${name}`,
    }),
  );
}
