import { messageOf } from '../core/errors.ts';
import { formatMs } from '../core/slo.ts';
import { noTransactionLine, type SqlFile } from './file-rules.ts';
import { describeSession, type HoldingSession, whileWatching } from './sql-holders.ts';
import { pause, type SqlSession, sqlError } from './sql-session.ts';
import { type SqlStatement, summarise } from './sql-statements.ts';

/** SQLSTATE of a lock that was not granted in time, of a cancelled statement, and of a new enum value used too early. */
const lockNotAvailable = '55P03';
const canceled = '57014';
const unsafeEnumValue = '55P04';

/** How a migration is recorded: one row, in the transaction of its file. */
export interface Ledger {
  readonly record: () => Promise<unknown>;
  /** `In the database: 001-a, 002-b.`, read anew. */
  readonly describe: () => Promise<string>;
}

interface Failure {
  readonly statement: SqlStatement | undefined;
  readonly error: unknown;
  readonly blockers: readonly HoldingSession[];
}

/** Runs one file and records it. A lock that is not granted in time is retried. Throws ToolError with the state that is left. */
export async function runFile(file: SqlFile, session: SqlSession, ledger: Ledger): Promise<void> {
  if (!file.inTransaction) return runOutside(file, session, ledger);
  const { settings, signal } = session;
  for (let attempt = 1; ; attempt += 1) {
    const failure = await attemptFile(file, session, ledger);
    if (!failure) return;
    const isLockTimeout = codeOfError(failure.error) === lockNotAvailable;
    if (!isLockTimeout || attempt > settings.lockRetries || signal?.aborted)
      throw await rolledBack(file, failure, { attempt, isLockTimeout }, session, ledger);
    await pause(settings.lockPauseMs, signal);
  }
}

/** One transaction: the statements, and the row that records them. */
async function attemptFile(file: SqlFile, session: SqlSession, ledger: Ledger): Promise<Failure | undefined> {
  const { database, settings } = session;
  let current: SqlStatement | undefined;
  const transaction = async () => (await database.query('SELECT txid_current() AS id'))[0]?.['id'];
  const { result, blockers } = await whileWatching(session.watcher, session.pid, async () => {
    await database.query('BEGIN');
    await database.query(`SET LOCAL lock_timeout = ${Math.round(settings.lockTimeoutMs)}`);
    const started = await transaction();
    for (current of file.statements) {
      refuseAbort(session);
      await database.query(current.text);
    }
    current = undefined;
    if ((await transaction()) !== started)
      throw new Error('the file ended its transaction itself, so what it committed stays');
    await ledger.record();
    await database.query('COMMIT');
  });
  try {
    await result;
    return undefined;
  } catch (error) {
    // A lost connection is rolled back by the server.
    await database.query('ROLLBACK').catch(() => undefined);
    return { statement: current, error, blockers };
  }
}

class Interrupted extends Error {}

function refuseAbort({ signal }: SqlSession): void {
  if (signal?.aborted) throw new Interrupted('interrupted');
}

async function rolledBack(
  file: SqlFile,
  { statement, error, blockers }: Failure,
  { attempt, isLockTimeout }: { readonly attempt: number; readonly isLockTimeout: boolean },
  { settings, signal }: SqlSession,
  ledger: Ledger,
): Promise<Error> {
  const place = statement === undefined ? file.name : `${file.name} line ${statement.line}: ${summarise(statement)}`;
  const held = blockers.map((blocker) => ` The lock is held by ${describeSession(blocker)}.`).join('');
  const why = isLockTimeout
    ? `no lock within ${formatMs(settings.lockTimeoutMs)}, ${attempt} ${attempt === 1 ? 'attempt' : `attempts with pauses of ${formatMs(settings.lockPauseMs)}`}.${held}`
    : signal?.aborted && (codeOfError(error) === canceled || error instanceof Interrupted)
      ? `interrupted by ${String(signal.reason)}.`
      : `failed: ${messageOf(error)}.`;
  const undone = file.statements.filter(({ line }) => statement !== undefined && line < statement.line);
  const also = undone.length === 0 ? '' : ` Rolled back with it: ${undone.map(summarise).join('; ')}.`;
  const enumValue = codeOfError(error) === unsafeEnumValue ? addedEnumValue(undone) : '';
  return sqlError(`${place}: ${why}${enumValue}${also} ${await ledger.describe()}`, settings, error);
}

/** PostgreSQL allows a new enum value only after the transaction that adds it. */
function addedEnumValue(statements: readonly SqlStatement[]): string {
  const values = statements.flatMap(
    ({ text }) => /\bADD\s+VALUE\s+(?:IF\s+NOT\s+EXISTS\s+)?('(?:[^']|'')*')/i.exec(text)?.[1] ?? [],
  );
  return ` The enum value ${values.join(', ') || 'that this file adds'} was rolled back with the transaction; put ALTER TYPE … ADD VALUE into a file of its own, before this one.`;
}

/** One statement that PostgreSQL refuses within a transaction, and then the row that records it. */
async function runOutside(file: SqlFile, session: SqlSession, ledger: Ledger): Promise<void> {
  const { database, settings, signal } = session;
  const [statement] = file.statements;
  if (!statement) return;
  const place = `${file.name} line ${statement.line}: ${summarise(statement)}`;
  const before = await invalidIndexes(session);
  const { result, blockers } = await whileWatching(session.watcher, session.pid, async () => {
    refuseAbort(session);
    await database.query(`SET lock_timeout = ${Math.round(settings.concurrentTimeoutMs)}`);
    await database.query(statement.text);
  });
  const failure = await result.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const now = await invalidIndexes(session).catch(() => undefined);
  const left = now?.filter(
    (index) => !before.includes(index) || statement.text.includes(index.split('.').at(-1) ?? index),
  );
  const remains =
    left === undefined
      ? ' Whether an INVALID index is left is unknown: SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid;'
      : left
          .map(
            (index) =>
              ` INVALID index left: ${index}; remove it before the next attempt: DROP INDEX CONCURRENTLY ${index};`,
          )
          .join('');
  if (!failure && remains === '') return void (await ledger.record());
  const why = !failure
    ? 'succeeded, but its index is INVALID.'
    : signal?.aborted
      ? `interrupted by ${String(signal.reason)}.`
      : `failed: ${messageOf(failure.error)}.`;
  const held = failure && codeOfError(failure.error) === lockNotAvailable ? blockers : [];
  throw sqlError(
    `${place}: ${why}${held.map((blocker) => ` The lock is held by ${describeSession(blocker)}.`).join('')}${remains} It ran outside of a transaction (${noTransactionLine}). ${await ledger.describe()}`,
    settings,
    failure?.error,
  );
}

/** Indexes that a failed build left behind, with their schema; those that are being built are not among them. */
async function invalidIndexes({ watcher, pid }: SqlSession): Promise<string[]> {
  const rows = await watcher.query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_index i
       JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE NOT i.indisvalid AND i.indexrelid NOT IN
       (SELECT index_relid FROM pg_stat_progress_create_index WHERE index_relid IS NOT NULL AND pid <> $1)`,
    [pid],
  );
  return rows.map(({ name }) => String(name));
}

const codeOfError = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
