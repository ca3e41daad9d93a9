import { describe, expect, it } from 'vitest';
import { advance, type RolloutEvent, startRollout } from '../../../src/core/rollout/advance.ts';
import { incidentMessage } from '../../../src/core/rollout/incident.ts';
import { interventionOf } from '../../../src/core/rollout/intervention.ts';
import type { RolloutPlan } from '../../../src/core/rollout/plan.ts';
import { receiptOf } from '../../../src/core/rollout/receipt.ts';
import { stepInfo } from '../../../src/core/rollout/step-info.ts';
import { selectUndo } from '../../../src/flows/rollout/undo.ts';
import type { PastRollout } from '../../../src/journal/read-rollout.ts';
import { renderRetroTicket } from '../../../src/report/index.ts';
import { executeOn, until } from '../rollout/execute-plan.ts';
import { blueGreen } from '../rollout/samples.ts';

const past = (state: PastRollout['state'], more: Partial<PastRollout> = {}): PastRollout => ({
  runId: '20261126-000000-deploy-release-0000',
  record: { plan: state.plan, forecast: [], events: [] },
  state,
  concluded: true,
  startedAt: '',
  lastAt: '',
  ...more,
});
const plan = blueGreen();
const order = { release: plan.release, reason: 'broken' };

describe('what `npm run rollback` rolls back', () => {
  const open = until(plan, 'observe 10');
  const promoted = executeOn(startRollout(plan).state);
  const rolledBack = executeOn(advance(open, { type: 'aborted', because: 'x' }).state);

  it.each([
    ['an open rollout, which it aborts', past(open), order, { kind: 'continue', resume: false }],
    ['a finished one, by a run of its own', past(promoted), order, { kind: 'undo' }],
    [
      'a rollback that was interrupted',
      past(advance(open, { type: 'aborted', because: 'x' }).state, { concluded: false }),
      { resume: true },
      { kind: 'continue', resume: true },
    ],
  ] as const)('%s', (_, rollout, options, expected) => expect(selectUndo(rollout, options)).toMatchObject(expected));

  it.each([
    ['no rollout', undefined, order],
    ['another release', past(promoted), { ...order, release: 'another@1' }],
    ['one that was rolled back already', past(rolledBack), order],
    ['one without a reason', past(promoted), { release: plan.release, reason: ' ' }],
    ['an open rollout that is not being rolled back, with --resume', past(open), { resume: true }],
  ] as const)('refuses %s', (_, rollout, options) => {
    expect(() => selectUndo(rollout, options)).toThrow(/Nothing is rolled back|needs the release and the reason/);
  });
});

describe('a rollback of a release that was shipped days ago', () => {
  const undoing = (startPrevious?: true): RolloutPlan => ({
    ...plan,
    undoes: { runId: 'r', shares: { blue: 0, green: 100 }, flags: {}, ...(startPrevious ? { startPrevious } : {}) },
  });
  const stepsOf = (of: RolloutPlan) => {
    const { state } = advance(startRollout(of).state, { type: 'aborted', because: 'late' });
    return state.steps.map((step) => stepInfo(step).id);
  };

  it('has no step of a rollout, and changes nothing before the order', () => {
    expect(startRollout(undoing()).commands).toEqual([]);
    expect(stepsOf(undoing()).slice(0, 2)).toEqual(['shift 100:0', 'confirm blue']);
  });

  it('starts and verifies the previous release before any traffic, where that was ordered', () => {
    expect(stepsOf(undoing(true)).slice(0, 3)).toEqual(['release blue', 'verify blue', 'shift 100:0']);
  });
});

const at = (second: number) => new Date(Date.UTC(2026, 10, 26, 3, 0, second)).toISOString();
const events = (...list: readonly RolloutEvent[]) => list.map((event, index) => ({ at: at(index), ...event }));
const shift = { do: 'shift', shares: { blue: 100, green: 0 }, rollback: true } as const;
const failed = {
  plan,
  forecast: [],
  events: events(
    { type: 'aborted', because: '@team <!channel> 5xx' },
    { type: 'intended', step: shift },
    { type: 'failed', step: shift, because: 'the router does not answer' },
  ),
};
const facts = { runId: 'run', target: 'staging', record: failed };

describe('a rollback that cannot be completed', () => {
  const drivers = {
    'router.driver': '"haproxy"',
    'router.socket': '"/run/haproxy.sock"',
    'router.backend': '"app"',
    'runtime.places.0.name': '"blue-1"',
    'runtime.places.0.colour': '"blue"',
    'runtime.places.1.name': '"green-1"',
    'runtime.places.1.colour': '"green"',
  };

  it('says what is true now, what was tried, and what to type', () => {
    const page = interventionOf({ record: failed, target: 'staging', drivers });
    expect(page?.now[0]).toContain('users may still have');
    expect(page?.tried.join()).toContain('the router does not answer');
    expect(page?.commands.map(({ purpose }) => purpose)).toContain(
      'return all traffic to blue by hand, once it is up and ready; while it is down, users would get errors only',
    );
    expect(page?.commands.map(({ command }) => command)).toEqual(
      expect.arrayContaining([
        'npm run status -- --target staging',
        "echo 'set server app/blue-1 state ready; set weight app/blue-1 100; set weight app/green-1 0' | socat stdio /run/haproxy.sock",
        'npm run deploy -- --abort --target staging',
      ]),
    );
  });

  it('is no page for one that was completed', () => {
    const steps = events({ type: 'aborted', because: 'x' }, { type: 'done', step: shift, summary: 'ok' });
    const confirm = { do: 'confirm', side: { kind: 'colour', colour: 'blue' }, because: 'rollback' } as const;
    const record = {
      ...failed,
      events: [...steps, { at: at(9), type: 'done', step: confirm, summary: 'ok' } as const],
    };
    expect(interventionOf({ record, target: 'staging', drivers })).toBeUndefined();
    expect(receiptOf(record)?.trafficBackMs).toBe(1000);
  });

  it('has a receipt in which the step has failed, with its duration, and what was not needed with its reason', () => {
    const receipt = receiptOf(failed);
    expect(receipt?.trafficBackMs).toBeUndefined();
    expect(receipt?.steps[0]).toMatchObject({ clause: '4.2.1', status: 'failed', durationMs: 1000 });
    expect(receipt?.steps.filter(({ status }) => status === 'skipped').map(({ proof }) => proof)).toContain(
      'the target file names no `flags`',
    );
  });
});

describe('what people read of it', () => {
  it('the ticket mentions nobody and refers to nothing that came from outside', () => {
    const { title, body } = renderRetroTicket(facts);
    expect(title).toContain('Rollback needs a person');
    expect(body).not.toMatch(/@team|<!channel>/);
    expect(body).toContain('## First questions');
  });

  it('the message has the reason and what failed', () => {
    const message = incidentMessage(facts);
    expect(message.facts).toEqual(expect.arrayContaining([['Reason', '@team <!channel> 5xx']]));
    expect(message.lists[0]?.lines.join()).toContain('the router does not answer');
  });
});
