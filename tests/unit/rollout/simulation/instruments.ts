import type { ProbeEvidence, SmokeEvidence } from '../../../../src/core/evidence.ts';
import type { Counted } from '../../../../src/core/counted.ts';
import type { Target } from '../../../../src/core/target.ts';
import type { Instruments } from '../../../../src/flows/rollout/instruments.ts';
import { readPage, type Scrape } from '../../../../src/sources/scrape.ts';
import type { Instance, SimulatedTarget } from './target.ts';

/** `http://green` is a colour with its regular instances, `http://green-1` one of them; `http://public` what a platform serves. */
function instancesAt(api: string, target: SimulatedTarget): Instance[] {
  const { hostname } = new URL(api);
  const name = hostname === 'public' ? 'blue' : hostname;
  return target.instances.filter((each) => each.name === name || (each.colour === name && !each.surge));
}

/** Probes, metrics pages and the smoke journey of a simulated target. It has no synthetic load. */
export function simulateInstruments(target: SimulatedTarget): Instruments {
  const healthyAt = ({ environment }: Target) => instancesAt(environment.api, target).every(target.isUp);
  const probe = (asked: Target, readyMs = 0): ProbeEvidence => {
    const ok = healthyAt(asked);
    const [release] = instancesAt(asked.environment.api, target).flatMap((each) => each.release ?? []);
    const at = new Date(target.nowMs).toISOString();
    const sample = { at, status: ok ? 200 : 503, durationMs: 1, ok, ...(release === undefined ? {} : { release }) };
    return {
      kind: 'probe',
      url: asked.environment.api,
      samples: [ok ? sample : { ...sample, why: 'it answered 503' }],
      stableMs: ok ? readyMs : 0,
      wantedStableMs: readyMs,
      interruptions: 0,
      files: [],
      problems: [],
    };
  };
  return {
    probeHealth: async (asked) => probe(asked),
    probeReadiness: async (asked, { clock }) => {
      await clock.sleep(asked.readiness.stableForMs);
      return probe(asked, asked.readiness.stableForMs);
    },
    probeDependencies: async (asked) => probe(asked),
    probeState: async (asked) => probe(asked),
    isReady: async (asked) => healthyAt(asked),
    readIdentity: async ({ address }) => {
      const [{ release } = { release: undefined }] = instancesAt(address, target);
      return release === undefined ? { problem: 'no release' } : { release };
    },
    scrapeAll: async (urls, counted) =>
      urls.flatMap((url) => instancesAt(url, target).map((each) => scrapeOf(each, url, target.nowMs, counted))),
    checkSide: async ({ target: asked, clock }, { plan, ...evidence }) => {
      await clock.sleep(1000);
      const isSmoked = (step: string) => step === 'smoke';
      return { ...evidence, plan: { ...plan, steps: plan.steps.filter(isSmoked) }, smoke: [smokeOf(asked, target)] };
    },
    runJourney: async ({ target: asked }) => [smokeOf(asked, target)],
    signIn: async () => ({ ok: false, waitedMs: 0, problem: 'the simulated target has no logins' }),
    runLoad: async () => {
      throw new Error('the simulated target has no synthetic load');
    },
    groupState: async ({ pid }) => (target.migrating?.pid === pid ? 'alive' : 'ended'),
    waitForGroup: async ({ pid }) => {
      while (target.migrating?.pid === pid) target.pass(100);
      return true;
    },
    endGroup: async ({ pid }) => {
      if (target.migrating?.pid === pid) delete target.migrating;
    },
  };
}

function scrapeOf(each: Instance, url: string, nowMs: number, counted: Counted): Scrape {
  const at = new Date(nowMs).toISOString();
  if (!each.running) return { url, at, problem: `${url}: connect ECONNREFUSED` };
  const all = Math.floor(each.requests);
  const errors = Math.floor(each.errors);
  const text = `process_start_time_seconds ${each.startedAtMs}
http_requests_total{status="200"} ${all - errors}
http_requests_total{status="500"} ${errors}
http_request_duration_seconds_bucket{le="0.4"} ${all}
http_request_duration_seconds_bucket{le="1"} ${all}
http_request_duration_seconds_count ${all}
payment_attempts_total{outcome="success"} ${all}
`;
  return readPage({ url, at }, text, counted);
}

function smokeOf({ environment }: Target, target: SimulatedTarget): SmokeEvidence {
  const asked = instancesAt(environment.api, target);
  const ok = asked.length > 0 && asked.every((each) => target.isUp(each) && !target.isDefective('smoke', each));
  return {
    kind: 'smoke',
    files: [],
    problems: [],
    outcome: {
      tool: 'newman',
      version: '6',
      command: ['newman'],
      exitCode: ok ? 0 : 1,
      signal: null,
      timedOut: false,
      interrupted: false,
      startedAt: new Date(target.nowMs).toISOString(),
      durationMs: 1,
      stdout: '',
      stderr: '',
    },
    steps: [
      {
        name: 'alive',
        group: '',
        status: ok ? 'pass' : 'fail',
        durationMs: 1,
        requestIds: [],
        ...(asked[0]?.release === undefined ? {} : { release: asked[0].release }),
        assertions: [{ name: 'it answers', ok }],
        attachments: [],
      },
    ],
  };
}
