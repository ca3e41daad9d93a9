import type { Colour } from '../core/target.ts';
import type { Served } from '../core/rollout/observation.ts';
import type { PoolMember, PoolState } from './router.ts';

/** One line of `show servers state`, and of `show stat`, by column name. */
type Row = Readonly<Record<string, string>>;

/** `show servers state`: a version line, a comment with the columns, one line a server. */
export function parseServersState(text: string): Row[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const columns =
    lines
      .find((line) => line.startsWith('# '))
      ?.slice(2)
      .split(' ') ?? [];
  return lines.filter((line) => /^\d+ \S+ \d+ /.test(line)).map((line) => rowOf(columns, line.split(' ')));
}

/** `show stat`: CSV with a comment line of columns. */
export function parseStat(text: string): Row[] {
  const [head = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '');
  const columns = head.replace(/^# /, '').split(',');
  return lines.map((line) => rowOf(columns, line.split(',')));
}

const rowOf = (columns: readonly string[], values: readonly string[]): Row =>
  Object.fromEntries(columns.map((column, index) => [column, values[index] ?? '']));

/** Bits of srv_admin_state, from HAProxy's management guide; 0x04 only says that the configuration once began so. */
const maintenance = 0x01 | 0x02 | 0x20 | 0x40;
const draining = 0x08 | 0x10;
const running = 2;

/** The servers of one backend. Colours by the beginning of the server's name: `green-1`. */
export function membersOf(state: readonly Row[], stat: readonly Row[], backend: string): PoolMember[] {
  return state
    .filter((row) => row['be_name'] === backend)
    .flatMap((row): PoolMember[] => {
      const name = row['srv_name'] ?? '';
      const colour = colourOf(name);
      if (!colour) return [];
      const now = stat.find((each) => each['pxname'] === backend && each['svname'] === name);
      return [
        {
          name,
          colour,
          weight: Number(row['srv_uweight']),
          state: poolStateOf(Number(row['srv_admin_state'])),
          up: Number(row['srv_op_state']) === running,
          inFlight: Number(now?.['scur'] ?? 0),
          ...(now ? { served: servedBy(now) } : {}),
        },
      ];
    });
}

const colourOf = (name: string): Colour | undefined =>
  (['blue', 'green'] as const).find((colour) => name === colour || name.startsWith(`${colour}-`));

const poolStateOf = (admin: number): PoolState =>
  (admin & maintenance) !== 0 ? 'out' : (admin & draining) !== 0 ? 'drain' : 'ready';

/**
 * What came through the load balancer, which is what users sent. An answer that broke off (`eresp`) failed; where it broke
 * off after its headers (`srv_abrt`), its status was counted already. A connection that failed is no answer: HAProxy
 * tries again elsewhere.
 */
function servedBy(row: Row): Served {
  const count = (column: string) => Number(row[column] ?? 0);
  const statuses = ['hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx', 'hrsp_other'];
  const answered = statuses.reduce((sum, column) => sum + count(column), 0);
  const withoutStatus = Math.max(0, count('eresp') - count('srv_abrt'));
  return { requests: answered + withoutStatus, failed: count('hrsp_5xx') + count('eresp') };
}
