import { dirname } from 'node:path';
import { readCommits } from '../../commits/index.ts';
import { messageOf } from '../../core/errors.ts';
import { type Mask, maskValue } from '../../core/redact.ts';
import {
  buildReleaseNotes,
  type CommitsReading,
  type NotesEvidence,
  type ReleaseNotes,
  type ReleaseNotesFacts,
  type ReleaseNotesSettings,
} from '../../core/release-notes.ts';
import { renderReleaseNotes } from '../../report/index.ts';
import { emptyNotesFile, putSection, sectionIn } from '../../report/release-notes-file.ts';
import type { CommandContext } from '../../system/command.ts';
import { readDocument } from '../../system/document.ts';
import { folderExists, replaceText, writeTextAtomic } from '../../system/files.ts';

export interface NotesContext {
  /** Undefined: the target file does not mention them. */
  readonly settings: ReleaseNotesSettings | { readonly off: string } | undefined;
  /** For git. */
  readonly command: CommandContext;
  readonly mask: Mask;
  readonly signal?: AbortSignal;
}

const missing =
  'the target file names no repository: releaseNotes: { repository: ../.., file: ../../docs/release-notes.md }, or { off: REASON }';

/**
 * Clause 3.4a: the notes from the commits between two releases; published where the verdict is GO, and read back. Repeating it
 * changes nothing but the times. Never throws for what git or the file system does.
 */
export async function publishNotes(facts: ReleaseNotesFacts, context: NotesContext): Promise<NotesEvidence> {
  const { settings, command, mask, signal } = context;
  const kind = 'release-notes';
  if (settings === undefined) return { kind, state: 'missing', because: missing };
  if ('off' in settings) return { kind, state: 'off', because: settings.off };
  const { file } = settings;
  const reading = await readCommits({ ...settings, ...facts }, command, signal).catch(
    (error: unknown): CommitsReading => ({ found: false, because: messageOf(error), next: 'npm run doctor' }),
  );
  const published = facts.verdict.word === 'GO';
  if (!reading.found) {
    const { because, next } = reading;
    return { kind, state: published ? 'failed' : 'unpublished', file, problem: { because, next } };
  }
  const notes = maskValue(buildReleaseNotes(factsOf(facts, reading), reading.commits), mask);
  const base = { kind, file, range: `${reading.from}..${reading.to}`, notes } as const;
  if (!published) return { ...base, state: 'unpublished' };
  // Notes without a commit would be those of no release.
  if (notes.commits === 0) return { ...base, state: 'failed' };
  const outcome = await publish(settings, notes).catch((error: unknown) => ({ problem: messageOf(error) }));
  return 'problem' in outcome
    ? {
        ...base,
        state: 'failed',
        problem: {
          because: `${file}: ${outcome.problem}`,
          next: 'repair the file, then --resume or repeat the release',
        },
      }
    : { ...base, state: 'published', change: outcome.change };
}

/** Where the previous release was not known, the nearest earlier tag names it. */
const factsOf = (facts: ReleaseNotesFacts, { from, guessed }: Extract<CommitsReading, { found: true }>) =>
  guessed ? { ...facts, previousRelease: from } : facts;

type Published = { readonly change: 'inserted' | 'replaced' | 'unchanged' } | { readonly problem: string };

async function publish({ file, repository }: ReleaseNotesSettings, notes: ReleaseNotes): Promise<Published> {
  const section = renderReleaseNotes(notes);
  const document = await readDocument(file, repository);
  if ('problem' in document) return document;
  if (document.text === undefined) {
    if (!(await folderExists(dirname(file)))) return { problem: `its folder does not exist: mkdir ${dirname(file)}` };
    await writeTextAtomic(file, emptyNotesFile);
  }
  let change = putSection(document.text ?? emptyNotesFile, notes.release, section);
  if ('problem' in change) return change;
  await replaceText(file, (text) => {
    change = putSection(text, notes.release, section);
    return 'problem' in change ? text : change.text;
  });
  if ('problem' in change) return change;
  const written = await readDocument(file, repository);
  if (!('text' in written) || written.text === undefined || sectionIn(written.text, notes.release) !== section)
    return { problem: 'it does not hold what was written' };
  return { change: change.change };
}
