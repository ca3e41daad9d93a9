import type { DatabaseEvidence, LintFinding, TableSize } from '../database.ts';
import { formatCount, formatMs } from '../slo.ts';
import type { JudgementStatus } from '../verdict.ts';
import { type Decided, namesOf } from './database-decided.ts';

/** Whether a migration holds up the statements of users for long: by a lock while it reads a large table, or while it waits for one. */
export function decideLocks(evidence: DatabaseEvidence): Decided {
  const { lint, noLint, pending, lock } = evidence;
  const limit = lock
    ? `statements wait at most ${formatMs(lock.timeoutMs)} for a lock, with ${lock.retries} further attempts`
    : undefined;
  const actual = limit ?? 'no time limit for a lock is known';
  const decided = (status: JudgementStatus, because: string): Decided => ({ status, actual, because });
  if (noLint !== undefined) return decided('inconclusive', `The SQL of the migrations was not read: ${noLint}.`);
  if (!lint) return decided('inconclusive', 'The SQL of the migrations was not read.');
  const locks = lint.findings.filter(({ group }) => group === 'lock');
  const sized = locks.map((finding) => ({ finding, ...sizeOf(finding, evidence) }));
  const large = sized.filter(({ size }) => size === 'large');
  if (large.length > 0) return decided('fail', describe(large));
  if (lint.problems.length > 0) return decided('error', `${lint.problems[0]}.`);
  const unread = pending.filter(({ id }) => !lint.read.includes(id));
  if (unread.length > 0) return decided('inconclusive', `The SQL of ${namesOf(unread)} was not read.`);
  const unknown = sized.filter(({ size }) => size === 'unknown');
  if (unknown.length > 0) return decided('inconclusive', describe(unknown));
  const unruled = lint.findings.filter(({ group }) => group === 'unknown');
  if (unruled.length > 0)
    return decided(
      'inconclusive',
      `squawk has a rule that has no meaning here yet: ${unruled.map(({ rule }) => rule).join(', ')}.`,
    );
  const waiting = lint.findings.find(({ group, tables }) => group === 'timeout' && tables?.length !== 0);
  if (waiting && !lock)
    return decided(
      'inconclusive',
      `${place(waiting)} may wait for its lock without a limit, and every statement behind it waits too: set migrations.lock in the target file, or lock_timeout in the migration.`,
    );
  const short = sized.filter(({ size }) => size === 'small');
  const what = short.length === 0 ? 'No statement holds a long lock' : describe(short).replace(/\.$/, '');
  return decided('pass', `${what}; ${limit ?? 'no statement waits for a lock on a table that is there'}.`);
}

type Size = 'none' | 'small' | 'large' | 'unknown';
interface Sized {
  readonly size: Size;
  readonly what: string;
}

const order: readonly Size[] = ['none', 'small', 'unknown', 'large'];

/** The largest of the tables that it locks; a table that only the migrations make has no users yet. */
function sizeOf({ tables }: LintFinding, { live, largeTable }: DatabaseEvidence): Sized {
  if (tables === undefined) return { size: 'unknown', what: 'its table is not known' };
  return tables
    .map((table): Sized => {
      const found = live?.sizes.find((each) => each.table === table);
      if (!live)
        return {
          size: 'unknown',
          what: `${table}, whose size is not known: preflight.database.live names no database`,
        };
      if (!found) return { size: 'unknown', what: `${table}, which the live database does not have` };
      const isLarge = (found.rows ?? 0) > largeTable.rows || found.bytes > largeTable.bytes;
      return { size: isLarge ? 'large' : 'small', what: describeSize(found) };
    })
    .reduce((worst, each) => (order.indexOf(each.size) > order.indexOf(worst.size) ? each : worst), {
      size: 'none',
      what: 'a table that is new',
    });
}

/** `jobs: about 4,200,000 rows, 1,203 MB`. */
export function describeSize({ table, rows, bytes }: TableSize): string {
  const count = rows === undefined ? 'never analysed' : `about ${formatCount(rows)} rows`;
  return `${table}: ${count}, ${formatBytes(bytes)}`;
}

const formatBytes = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${formatCount(Math.round(bytes / 1024 / 1024))} MB`;

const place = ({ migration, line, statement }: LintFinding): string => `${migration} line ${line}: ${statement}`;

function describe(found: readonly (Sized & { readonly finding: LintFinding })[]): string {
  // Several rules may fire for one statement.
  const places = new Map(
    found.map(({ finding, what }) => [place(finding), `${place(finding)} (${finding.rule}) locks ${what}`]),
  );
  const texts = [...places.values()];
  return `${texts.slice(0, 3).join('; ')}${texts.length > 3 ? `; and ${texts.length - 3} more` : ''}.`;
}
