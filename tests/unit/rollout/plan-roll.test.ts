import { describe, expect, it } from 'vitest';
import { advance, startRollout } from '../../../src/core/rollout/advance.ts';
import { clusterCommands } from '../../../src/core/rollout/intervention-cluster.ts';
import { planRoll, planWatchRoll } from '../../../src/core/rollout/plan-roll.ts';
import { planRollback } from '../../../src/core/rollout/rollback-plan.ts';
import { stepInfo } from '../../../src/core/rollout/step-info.ts';
import { rolloutRecordSchema } from '../../../src/journal/rollout-schema.ts';
import { planLines } from '../../../src/report/rollout-plan.ts';
import { ids, until } from './execute-plan.ts';
import { blueGreen, settings } from './samples.ts';

const base = { release: 'new', live: 'blue', settings } as const;
const rolled = (sizes = { first: 1, serving: 3 }) => planRoll({ ...base, previousRelease: 'old', sizes });

describe('the plan of a rolling update by the runtime', () => {
  it('replaces the first instances and then all, and verifies and observes both under traffic', () => {
    expect(ids(startRollout(rolled()).state)).toEqual([
      'migrate',
      'roll first',
      'verify-live 25',
      'observe 25',
      'smoke 25',
      'judge 25',
      'roll all',
      'verify-live 100',
      'observe 100',
      'smoke 100',
      'judge 100',
      'watch',
      'smoke watch-end',
      'conclude-watch',
    ]);
  });

  it.each([
    [{ first: 1, serving: 1 }, 50],
    [{ first: 3, serving: 9 }, 25],
    [{ first: 1, serving: 999 }, 1],
    [{ first: 9, serving: 0 }, 99],
  ])('the share of its first stage is that of %j: never none, and never all', (sizes, share) => {
    const [first] = rolled(sizes).steps.flatMap((step) => (step.do === 'observe' ? [step.stage.share] : []));
    expect(first).toBe(share);
  });

  it('is read back from the journal as it was written, with how the replaced instances ended', () => {
    const plan = rolled();
    const at = '2026-11-26T12:00:00.000Z';
    const step = { do: 'roll', release: 'new', part: 'all' } as const;
    const endings = [{ name: 'freetask-1', code: null, killed: true }];
    const record = {
      plan,
      forecast: [],
      events: [{ at, type: 'done', step, summary: '', endings, lingering: ['freetask-1'] } as const],
    };
    expect(rolloutRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
    const other = { ...record, plan: { ...plan, rolledBy: 'hand' } };
    expect(rolloutRecordSchema.safeParse(JSON.parse(JSON.stringify(other))).success).toBe(false);
  });

  it('prints where it happens, and its rollback as one step of the runtime', () => {
    const lines = planLines(rolled(), []);
    expect(lines[0]).toBe('plan: new, replacing old, rolling, on blue, by the runtime');
    expect(lines.join('\n')).toContain('Rollback to old by the runtime');
  });
});

describe('its rollback', () => {
  const orderedAt = (id: string) => {
    const state = until(rolled(), id);
    const step = state.steps[state.position];
    const started = step ? advance(state, { type: 'intended', step }).state : state;
    return advance(started, { type: 'aborted', because: 'x' }).state;
  };

  it('restores the previous release once the first instances were to be replaced, and confirms it', () => {
    expect(ids(orderedAt('roll first')).slice(0, 2)).toEqual(['roll back', 'confirm old']);
    expect(ids(orderedAt('observe 100')).slice(0, 2)).toEqual(['roll back', 'confirm old']);
  });

  it('leaves the instances alone before that', () => {
    expect(ids(orderedAt('migrate'))[0]).toBe('confirm old');
  });

  it('of a watch alone restores the previous release too', () => {
    const plan = planWatchRoll({ ...base, previousRelease: 'old', unobservedMs: 0 });
    expect(
      planRollback(plan, plan.steps)
        .map((step) => stepInfo(step).id)
        .slice(0, 2),
    ).toEqual(['roll back', 'confirm old']);
  });

  it('that cannot return the traffic ends as failed, without a proof of what has no traffic', () => {
    const state = orderedAt('observe 25');
    const [step] = state.steps;
    if (!step) throw new Error('no step');
    const { phase, because } = advance(state, { type: 'failed', step, because: 'the API server refused' }).state;
    expect([phase, because]).toEqual(['rollback-failed', expect.stringContaining('the API server refused') as unknown]);
  });
});

describe('what an operator types where a rollback in Kubernetes could not be completed', () => {
  const recorded = (settingsOf: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(settingsOf).map(([path, value]) => [path, JSON.stringify(value)]));

  it('one Deployment: by a revision, because without one the release that failed might come back', () => {
    const drivers = recorded({
      'runtime.driver': 'kubernetes',
      'runtime.deployments.blue': 'freetask',
      'runtime.cluster.namespace': 'shop',
    });
    expect(clusterCommands(rolled(), drivers).map(({ command }) => command)).toEqual([
      'kubectl --namespace shop rollout history deployment/freetask',
      'kubectl --namespace shop rollout resume deployment/freetask',
      'kubectl --namespace shop rollout undo deployment/freetask --to-revision=REVISION',
    ]);
  });

  it('two Deployments: by the selector of the Service, or the weights of the route', () => {
    const selector = recorded({
      'router.driver': 'service-selector',
      'router.service': 'freetask',
      'router.selector.label': 'colour',
      'router.selector.blue': "bl'ue",
      'router.cluster.context': 'staging',
    });
    expect(clusterCommands(blueGreen(), selector)[0]?.command).toBe(
      `kubectl --context staging patch service freetask --type=merge -p '{"spec":{"selector":{"colour":"bl'\\''ue"}}}'`,
    );
    const route = recorded({
      'router.driver': 'gateway-api',
      'router.route': 'freetask',
      'router.backends.blue': 'freetask-blue',
      'router.backends.green': 'freetask-green',
    });
    expect(clusterCommands(blueGreen(), route)).toEqual([
      {
        purpose: expect.stringContaining('weight 100 for freetask-blue, 0 for freetask-green') as unknown,
        command: 'kubectl edit httproute freetask',
      },
    ]);
    expect(clusterCommands(blueGreen(), recorded({ 'router.driver': 'haproxy' }))).toEqual([]);
  });
});
