import type { HaproxySettings } from '../../core/drivers.ts';
import type { PoolCounters, PoolMember, PoolState } from '../../core/pool.ts';
import type { Colour } from '../../core/target.ts';
import { countersOf } from './counters.ts';
import type { Row } from './text.ts';

/** A server of the backend, with what only HAProxy knows about it. */
export interface Server extends PoolMember {
  /** The weight of its configuration, which `100%` stands for. */
  readonly configuredWeight: number;
  /** A first failed check takes it down, so its health is no evidence of a check after its join. */
  readonly fallsAtOnce: boolean;
}

interface Backend {
  readonly servers: readonly Server[];
  /** Servers that get traffic and that no colour, or each of them, claims. */
  readonly unclaimed: readonly string[];
  readonly algorithm: string | undefined;
  readonly problems: readonly string[];
}

/** Names, with `*` for any characters. */
const defaultServers: Readonly<Record<Colour, readonly string[]>> = {
  blue: ['blue', 'blue-*'],
  green: ['green', 'green-*'],
};

/** The servers of one backend, from `show servers state` and `show stat`. */
export function readBackend(state: readonly Row[], stat: readonly Row[], settings: HaproxySettings): Backend {
  const rows = stat.filter((row) => row['pxname'] === settings.backend);
  const servers: Server[] = [];
  const unclaimed: string[] = [];
  const problems: string[] = [];
  for (const row of state.filter((each) => each['be_name'] === settings.backend)) {
    const name = row['srv_name'] ?? '';
    const now = rows.find((each) => each['svname'] === name) ?? {};
    const colours = coloursOf(name, settings.servers ?? defaultServers);
    const [colour] = colours;
    if (colour === undefined || colours.length > 1) {
      if (getsTraffic(row, now)) unclaimed.push(name);
      continue;
    }
    const counters = countersOf(now);
    problems.push(...counters.problems);
    servers.push({ ...serverOf(name, colour, row, now), ...counters.counted });
  }
  const algorithm = rows.find((each) => each['svname'] === 'BACKEND')?.['algo'];
  return { servers, unclaimed, problems, algorithm: algorithm === '' ? undefined : algorithm };
}

/** The counters of each server that one colour claims, from `show stat` alone. */
export function readMembers(
  stat: readonly Row[],
  settings: HaproxySettings,
): { readonly members: PoolCounters['members']; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const members = stat
    .filter((row) => row['pxname'] === settings.backend && row['svname'] !== 'BACKEND' && row['svname'] !== 'FRONTEND')
    .flatMap((row) => {
      const name = row['svname'] ?? '';
      const [colour, other] = coloursOf(name, settings.servers ?? defaultServers);
      if (colour === undefined || other !== undefined) return [];
      const counters = countersOf(row);
      problems.push(...counters.problems);
      return [{ name, colour, ...counters.counted }];
    });
  return { members, problems };
}

function coloursOf(name: string, servers: Readonly<Record<Colour, readonly string[]>>): Colour[] {
  const matches = (pattern: string) =>
    new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*')}$`).test(name);
  return (['blue', 'green'] as const).filter((colour) => servers[colour].some(matches));
}

/** Bits of srv_admin_state, from HAProxy's management guide; 0x04 only records `disabled` in the configuration. */
const maintenance = 0x01 | 0x02 | 0x20 | 0x40;
const draining = 0x08 | 0x10;
/** Bits of srv_check_state: a health check is configured and enabled. */
const checked = 0x02 | 0x04;

function stateOf(admin: number): PoolState {
  if ((admin & maintenance) !== 0) return 'out';
  return (admin & draining) === 0 ? 'ready' : 'drain';
}

/** A backup server gets users only when all others are down, so it has no share. */
const getsTraffic = (row: Row, now: Row): boolean =>
  Number(row['srv_uweight']) > 0 && stateOf(Number(row['srv_admin_state'])) === 'ready' && now['bck'] !== '1';

function serverOf(name: string, colour: Colour, row: Row, now: Row): Server {
  const rise = Number(now['check_rise'] || Number.NaN);
  const fall = Number(now['check_fall'] || Number.NaN);
  return {
    name,
    colour,
    weight: Number(row['srv_uweight']),
    configuredWeight: Number(row['srv_iweight']),
    state: stateOf(Number(row['srv_admin_state'])),
    up: isUp(row, rise, fall),
    inFlight: Number(now['scur'] || 0),
    fallsAtOnce: fall === 1 && (Number(row['srv_check_state']) & checked) === checked,
  };
}

/** srv_op_state: 1 is a server in its slow start, which is up and gets a growing part of its share; 2 is up. */
const starting = 1;
const running = 2;
const neverChecked = '1';

/**
 * When a server leaves maintenance HAProxy sets its health to `rise`, the lowest value that is up, and takes it for up. The
 * first check that passes sets it to `rise + fall - 1`, so until then no check has confirmed it. With `fall 1` both values
 * are the same, and only a server that was never checked can be recognised.
 */
function isUp(row: Row, rise: number, fall: number): boolean {
  const operational = Number(row['srv_op_state']);
  if (operational !== starting && operational !== running) return false;
  if ((Number(row['srv_check_state']) & checked) !== checked) return true;
  if (Number.isNaN(rise) || Number.isNaN(fall)) return true;
  return fall === 1 ? row['srv_check_status'] !== neverChecked : Number(row['srv_check_health']) > rise;
}
