import type { VNode } from 'preact';
import type {
  KnownIssue,
  ListedCommit,
  NotedMigration,
  NotesEvidence,
  ReleaseNotes,
} from '../../core/release-notes.ts';
import { formatSloNumber } from '../../core/slo-numbers.ts';
import { plural } from '../labels.ts';
import { Section } from './components.tsx';

type Kept = Extract<NotesEvidence, { readonly file: string }>;

/** Clause 3.4a: the content of the notes, and whether they were published. */
export const ReleaseNotesSection = ({ evidence }: { evidence: Kept }): VNode => {
  const { state, file, notes, range, change, problem } = evidence;
  return (
    <Section id="release-notes" title="Release notes">
      <p>
        {state === 'published' ? `Published (${change ?? 'inserted'}) in ` : 'Not published in '}
        <code>{file}</code>
        {range !== undefined && (
          <>
            , from <code>{range}</code>
          </>
        )}
        .{state === 'unpublished' && ` The verdict is ${notes?.verdict.word ?? 'not GO'}.`}
      </p>
      {problem && (
        <p class="note">
          {problem.because}. <b>Next:</b> {problem.next}
        </p>
      )}
      {notes && <Notes notes={notes} />}
    </Section>
  );
};

const Notes = ({ notes }: { notes: ReleaseNotes }): VNode => {
  const hidden = notes.quiet.reduce((sum, [, count]) => sum + count, 0);
  return (
    <>
      <List title="Breaking changes" lines={notes.breaking.map(({ text, hash }) => hashed(text, hash))} />
      <List title="Features" lines={notes.features.map(commitOf)} />
      <List title="Fixes" lines={notes.fixes.map(commitOf)} />
      <List title="Performance" lines={notes.performance.map(commitOf)} />
      <List title="Migrations" lines={notes.migrations.map(migrationOf)} />
      <List title="Known issues" lines={notes.knownIssues.map(issueOf)} />
      <List title="Other" lines={notes.other.map(otherOf)} />
      <List title="Objectives" lines={notes.numbers.map((number) => `${number.status}: ${formatSloNumber(number)}`)} />
      {hidden > 0 && (
        <p class="quiet">
          {plural(hidden, 'change')} not listed: {notes.quiet.map(([type, count]) => `${count} ${type}`).join(', ')}
        </p>
      )}
    </>
  );
};

const List = ({ title, lines }: { title: string; lines: readonly string[] }): VNode | null =>
  lines.length === 0 ? null : (
    <>
      <h3>{title}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );

const hashed = (text: string, hash: string): string => `${text} (${hash.slice(0, 8)})`;

const commitOf = ({ scope, subject, hash }: ListedCommit): string =>
  hashed(scope === undefined ? subject : `${scope}: ${subject}`, hash);

const otherOf = ({ header, hash, reverted }: ListedCommit): string =>
  hashed(reverted ? `${header}, reverted in this release` : header, hash);

const migrationOf = ({ id, class: kind }: NotedMigration): string => (kind === undefined ? id : `${id} (${kind})`);

const issueOf = (issue: KnownIssue): string =>
  'hash' in issue
    ? hashed(issue.text, issue.hash)
    : `${issue.reason}: accepted until ${issue.until}, owner ${issue.owner} (${issue.id})`;
