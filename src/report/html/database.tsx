import type { VNode } from 'preact';
import type {
  DatabaseEvidence,
  LintEvidence,
  LintFinding,
  LiveDatabase,
  PendingMigration,
} from '../../core/database.ts';
import { measuredClass } from '../../core/judge/database-compatible.ts';
import { describeSize } from '../../core/judge/database-locks.ts';
import type { Difference } from '../../core/schema/difference.ts';
import { formatMs } from '../../core/slo.ts';
import { Files, Problems, Section } from './components.tsx';

/** Clauses 1.2a and 1.2b: what the release would change of the schema, and what its statements lock. */
export const Database = ({ evidence }: { evidence: DatabaseEvidence }): VNode => {
  const { pending, lint, live, problems, files, scratch } = evidence;
  const locked = new Set(lint?.findings.flatMap(({ tables = [] }) => tables));
  return (
    <Section id="database" title="Migrations">
      <p>
        {evidence.listed ?? 0} listed by the driver <code>{evidence.driver}</code>, {pending.length} pending
        {scratch && (
          <>
            , applied to the scratch database <code>{scratch.database}</code>
          </>
        )}
        .
      </p>
      <Problems
        problems={[...problems, ...(scratch?.failed ? [`${scratch.failed.migration}: ${scratch.failed.problem}`] : [])]}
      />
      {pending.length > 0 && <Pending pending={pending} />}
      <Differences
        title="Differences of the schema"
        rows={pending.flatMap(({ id, differences = [] }) => differences.map((each) => [id, each] as const))}
      />
      {live && (
        <Differences title="Drift of the live schema" rows={live.drift.map((each) => ['live', each] as const)} />
      )}
      {lint && <Lint lint={lint} />}
      {live && <Sizes live={live} locked={locked} />}
      <Files files={files} />
    </Section>
  );
};

const Pending = ({ pending }: { pending: readonly PendingMigration[] }): VNode => (
  <table>
    <thead>
      <tr>
        <th scope="col">Pending migration</th>
        <th scope="col">Class</th>
        <th scope="col">Measured</th>
        <th scope="col">Down plan</th>
        <th scope="col">Duration</th>
      </tr>
    </thead>
    <tbody>
      {pending.map((migration) => {
        const measured = measuredClass(migration);
        return (
          <tr key={migration.id} class={measured === 'expand' ? undefined : 'stands-out'}>
            <td>
              <code>{migration.id}</code>
            </td>
            <td>
              {migration.class} ({migration.because})
            </td>
            <td>{measured ?? 'not measured'}</td>
            <td>{migration.revertible ? 'yes' : 'none'}</td>
            <td class="number">{migration.durationMs === undefined ? '' : formatMs(migration.durationMs)}</td>
          </tr>
        );
      })}
    </tbody>
  </table>
);

type Row = readonly [migration: string, difference: Difference];

const Differences = ({ title, rows }: { title: string; rows: readonly Row[] }): VNode | null =>
  rows.length === 0 ? null : (
    <>
      <h3>{title}</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">Migration</th>
            <th scope="col">Object</th>
            <th scope="col">Class</th>
            <th scope="col">Reason</th>
            <th scope="col">Statement that breaks</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([migration, { object, change, class: found, reason, breaks }]) => (
            <tr key={`${migration} ${object} ${change}`} class={found === 'expand' ? undefined : 'stands-out'}>
              <td>{migration}</td>
              <td>
                <code>{object}</code> {change}
              </td>
              <td class="nowrap">{found}</td>
              <td>{reason}</td>
              <td>{breaks}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );

const Lint = ({ lint: { version, findings, problems, read } }: { lint: LintEvidence }): VNode => {
  const isJudged = ({ group }: LintFinding) => group !== 'style';
  const style = findings.filter((each) => !isJudged(each));
  return (
    <>
      <h3>
        SQL: squawk {version}, {read.length} {read.length === 1 ? 'file' : 'files'}
      </h3>
      <Problems problems={problems} />
      <Findings findings={findings.filter(isJudged)} />
      {style.length > 0 && (
        <details>
          <summary>{style.length} findings of style, which decide nothing</summary>
          <Findings findings={style} />
        </details>
      )}
    </>
  );
};

const Findings = ({ findings }: { findings: readonly LintFinding[] }): VNode | null =>
  findings.length === 0 ? null : (
    <table>
      <thead>
        <tr>
          <th scope="col">Place</th>
          <th scope="col">Statement</th>
          <th scope="col">Rule</th>
          <th scope="col">Kind</th>
          <th scope="col">Finding</th>
        </tr>
      </thead>
      <tbody>
        {findings.map(({ migration, line, statement, rule, group, message }) => (
          <tr key={`${migration} ${line} ${rule} ${message}`}>
            <td>
              {migration}:{line}
            </td>
            <td>
              <code>{statement}</code>
            </td>
            <td>{rule}</td>
            <td class="nowrap">{group}</td>
            <td>{message}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );

const mostSizes = 10;

/** The tables that the migrations lock, and the largest ones. */
const Sizes = ({ live: { sizes }, locked }: { live: LiveDatabase; locked: ReadonlySet<string> }): VNode => {
  const shown = sizes
    .toSorted((a, b) => Number(locked.has(b.table)) - Number(locked.has(a.table)) || b.bytes - a.bytes)
    .slice(0, Math.max(mostSizes, locked.size));
  return (
    <details>
      <summary>
        Sizes of {shown.length} of {sizes.length} live tables
      </summary>
      <ul>
        {shown.map((size) => (
          <li key={size.table}>
            {describeSize(size)}
            {locked.has(size.table) ? ', locked by a migration' : ''}
          </li>
        ))}
      </ul>
    </details>
  );
};
