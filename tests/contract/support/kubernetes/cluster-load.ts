import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseLoadProfiles } from '../../../../src/config/load-profiles.ts';
import { parseSlos } from '../../../../src/config/slo-file.ts';
import type { LoadEvidence } from '../../../../src/core/evidence.ts';
import type { LoadEngine } from '../../../../src/core/load-engine.ts';
import { planLoad } from '../../../../src/core/load-plan.ts';
import { judgeLoad } from '../../../../src/core/judge/load.ts';
import { runClusterK6 } from '../../../../src/runners/k6-cluster/run.ts';
import { type Clock, systemClock } from '../../../../src/system/clock.ts';
import { targetAt } from '../target-at.ts';
import { type ApiServerDouble, startApiServer } from './api-server.ts';
import { secrets } from './pod-doubles.ts';
import { configMaps, jobs, pods } from './resources.ts';
import { testRuns } from './test-run-controller.ts';

const projectRoot = resolve(import.meta.dirname, '../../../..');
export const accessToken = 'a-token-that-is-s3cret';

/** Time that passes only while it is waited for, but lets what was sent arrive. */
function waitingClock(): Clock {
  let now = 1_700_000_000_000;
  return {
    now: () => now,
    monotonic: () => now,
    sleep: async (ms) => {
      now += ms;
      await new Promise((done) => setTimeout(done, 2));
    },
  };
}

export interface ClusterLoadOptions {
  readonly driver?: LoadEngine['driver'];
  readonly runners?: number;
  readonly url?: string;
  readonly rate?: number;
  readonly durationMs?: number;
  readonly signal?: AbortSignal;
  readonly startWithinMs?: number;
  readonly realTime?: boolean;
  /** Of a real cluster. */
  readonly namespace?: string;
}

export type ClusterBench = Awaited<ReturnType<typeof openClusterBench>>;

/** Loads by the engines of a cluster, on a double of its API server. */
export async function openClusterBench() {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-load-'));
  const config = (name: string) => readFile(join(projectRoot, 'config', name), 'utf8');
  const slos = parseSlos('slo.yaml', await config('slo.yaml')).map((slo) => ({ ...slo, minSamples: 20 }));
  const profiles = parseLoadProfiles('load-profiles.yaml', await config('load-profiles.yaml'));
  const sessionsFile = join(folder, 'sessions.json');
  const session = { email: 'a@example.com', accessToken, refreshToken: 'r', expiresAt: Date.now() + 900_000 };
  await writeFile(sessionsFile, JSON.stringify({ client: session, freelancer: session }));

  async function load(api: Pick<ApiServerDouble, 'kubeconfig'>, options: ClusterLoadOptions = {}) {
    const { driver = 'kubernetes', runners = 4, url = 'http://127.0.0.1:1', rate = 120, durationMs = 10_000 } = options;
    const runFolder = await mkdtemp(join(folder, 'run-'));
    const notes: string[] = [];
    const engine: LoadEngine = {
      driver,
      cluster: {
        kubeconfig: api.kubeconfig,
        ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
      },
      runners,
      image: 'grafana/k6:2.2.0',
      startWithinMs: options.startWithinMs ?? 5000,
    };
    const evidence = await runClusterK6(
      {
        target: targetAt(url),
        slos,
        plan: planLoad(profiles, { profile: 'stage', rate, durationMs, runners }),
        sessionsFile,
        engine,
        expectedRelease: 'freetask@1.5.0',
        ...(options.realTime ? { clock: systemClock, pollMs: 50 } : { clock: waitingClock() }),
      },
      {
        runFolder,
        projectRoot,
        toolEnv: {},
        signal: options.signal ?? new AbortController().signal,
        emit: (event) => {
          if (event.type === 'note') notes.push(event.text);
        },
        mask: (text) => text.replaceAll(accessToken, '***'),
      },
    );
    return { ...evidence, notes, runFolder };
  }

  return {
    slos,
    load,
    startApi: () => startApiServer([pods, jobs, configMaps, secrets, testRuns]),
    judge: (evidence: LoadEvidence) =>
      Object.fromEntries(judgeLoad(evidence, slos).map(({ id, status }) => [id, status])),
    /** Names of everything in the namespace. */
    left: ({ objects, namespace }: ApiServerDouble) =>
      [pods, jobs, configMaps, secrets, testRuns].flatMap((resource) =>
        objects.list(resource, namespace).map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      ),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
