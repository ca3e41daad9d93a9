import { versionOf } from '../platform.ts';
import { type InPlacePlan, otherColour, type RolloutPlan } from './plan.ts';
import { foldRollout, type RolloutState } from './advance.ts';
import type { RolloutRecord } from './record.ts';
import { receiptOf } from './receipt.ts';
import { clusterCommands } from './intervention-cluster.ts';
import { listAt, quote, type Settings, valueAt } from './recorded-settings.ts';
import { describeShares } from './step.ts';

/** A page for the operator who has to complete a rollback: short sentences, and commands that can be typed as they are. */
export interface Intervention {
  readonly now: readonly string[];
  readonly tried: readonly string[];
  readonly commands: readonly { readonly purpose: string; readonly command: string }[];
}

export interface InterventionFacts {
  readonly record: RolloutRecord;
  /** Value of `--target`; undefined for the default target. */
  readonly target: string;
  /** The settings of router and runtime, or of the platform, by their path in the target file. */
  readonly drivers: Readonly<Record<string, string>>;
  readonly journalError?: string | undefined;
}

/** undefined unless the rollback could not be completed. */
export function interventionOf({ record, target, drivers, journalError }: InterventionFacts): Intervention | undefined {
  const state = foldRollout(record.plan, record.events);
  const receipt = receiptOf(record);
  const incomplete = state.phase === 'rollback-failed' || (journalError !== undefined && state.phase === 'rolled-back');
  if (!incomplete || !receipt) return undefined;
  const open = receipt.steps.filter(({ status }) => status === 'failed' || status === 'problem' || status === 'open');
  return {
    now: [
      trafficNow(state, receipt.trafficBackMs !== undefined),
      ...receipt.steps
        .filter(({ status }) => status === 'done')
        .map(({ title, clause, proof }) => `done: ${title} (${clause}): ${proof}`),
      ...receipt.steps
        .filter(({ status, startedAt }) => status === 'skipped' && startedAt === undefined)
        .map(({ title, clause, proof }) => `not executed: ${title} (${clause}): ${proof}`),
      ...(journalError === undefined ? [] : [`the journal is incomplete: ${journalError}`]),
    ],
    tried: open.flatMap(({ title, clause, proof, problems, startedAt }) => [
      `${title} (${clause})${startedAt === undefined ? '' : `, at ${startedAt}`}: ${proof}`,
      ...problems.map((problem) => `  ${problem}`),
    ]),
    commands: [
      { purpose: 'see what is live and what is open', command: `npm run status -- --target ${target}` },
      ...(receipt.trafficBackMs === undefined ? trafficCommands(state.plan, drivers) : []),
      {
        purpose: 'execute the rollback again, once the cause is repaired; what is done already is left alone',
        command: `npm run deploy -- --abort --target ${target}`,
      },
      {
        purpose: 'or keep what has the traffic now, with the next release that you ship',
        command: `npm run deploy -- --accept-weights --target ${target} --release RELEASE`,
      },
    ],
  };
}

function trafficNow({ shares, plan }: RolloutState, isBack: boolean): string {
  const old = plan.previousRelease ?? 'the previous release';
  if (isBack) return `users have ${old} again${shares ? `: ${describeShares(shares)}, as read back` : ''}`;
  if (plan.strategy === 'rolling')
    return `not every instance of ${plan.live} has ${old} again: npm run status lists what each one runs`;
  if (plan.strategy === 'in-place')
    return `users may still have ${plan.release}: npm run status shows what the platform reports`;
  const last = shares ? describeShares(shares) : `100 % ${plan.live}`;
  return `users may still have ${plan.release} on ${plan.idle}; the shares that were last read back: ${last}`;
}

/** How the traffic is returned by hand, with the names of the target file. */
function trafficCommands(plan: RolloutPlan, drivers: Settings): Intervention['commands'] {
  if (plan.strategy === 'in-place') return platformCommands(plan, drivers);
  const cluster = clusterCommands(plan, drivers);
  if (cluster.length > 0 || plan.strategy === 'rolling') return cluster;
  const purpose = `return all traffic to ${plan.live} by hand, once it is up and ready; while it is down, users would get errors only`;
  if (valueAt(drivers, 'router.driver') === 'command') {
    const argv = listAt(drivers, 'router.set').map((part) =>
      part
        .replace('{blue}', plan.live === 'blue' ? '100' : '0')
        .replace('{green}', plan.live === 'green' ? '100' : '0'),
    );
    return argv.length === 0 ? [] : [{ purpose, command: argv.map(quote).join(' ') }];
  }
  const [host, port] = [valueAt(drivers, 'router.socket.host'), valueAt(drivers, 'router.socket.port')];
  const socket = host === undefined ? valueAt(drivers, 'router.socket') : `tcp:${host}:${port ?? ''}`;
  const backend = valueAt(drivers, 'router.backend');
  if (socket === undefined || backend === undefined) return [];
  const runtimeApi = (text: string) => `echo ${quote(text)} | socat stdio ${quote(socket)}`;
  const places = placesIn(drivers);
  const set = [plan.live, otherColour(plan.live)].flatMap((colour) =>
    places
      .filter((place) => place.colour === colour)
      .map(({ name }) => {
        // No percentage: that would be one of the configured weight, which is 0 for a colour that was idle at HAProxy's start.
        const weight = `set weight ${backend}/${name} ${colour === plan.live ? 100 : 0}`;
        return colour === plan.live ? `set server ${backend}/${name} state ready; ${weight}` : weight;
      }),
  );
  return [
    { purpose: 'see the servers as HAProxy has them', command: runtimeApi(`show servers state ${backend}`) },
    { purpose, command: runtimeApi(set.join('; ')) },
  ];
}

/** How the platform is told to return, with the command of the target file. */
function platformCommands({ before, previousRelease = '' }: InPlacePlan, drivers: Settings): Intervention['commands'] {
  const rollback = listAt(drivers, 'platform.rollback');
  const argv = rollback.length > 0 ? rollback : listAt(drivers, 'platform.deploy');
  if (argv.length === 0 || (rollback.length === 0 && previousRelease === '')) return [];
  const facts: Record<string, string> = {
    '{deployment}': before.live,
    '{release}': previousRelease,
    '{version}': versionOf(previousRelease),
  };
  const filled = argv.map((part) => part.replaceAll(/\{\w+\}/g, (whole) => facts[whole] ?? whole));
  return [
    {
      purpose: `return to ${previousRelease || `deployment ${before.live}`} by hand`,
      command: filled.map(quote).join(' '),
    },
  ];
}

function placesIn(drivers: Settings): { readonly name: string; readonly colour: string | undefined }[] {
  const places: { readonly name: string; readonly colour: string | undefined }[] = [];
  for (let index = 0; ; index += 1) {
    const at = `runtime.places.${index}`;
    const name = valueAt(drivers, `${at}.name`);
    if (name === undefined) return places;
    if (valueAt(drivers, `${at}.surge`) !== 'true') places.push({ name, colour: valueAt(drivers, `${at}.colour`) });
  }
}
