import { CommitParser } from 'conventional-commits-parser';
import type { NotedCommit } from '../core/release-notes.ts';

/** Longer messages are cut: notes are a summary. */
const mostCharacters = 20_000;

/**
 * Unset, which the types of the parser do not foresee: a reference to an issue would end a note, none is shown, and the pattern
 * for them takes minutes on a line of 5 000 characters.
 */
const withoutReferences: object = { issuePrefixes: undefined, referenceActions: undefined };

const parser = new CommitParser({
  headerPattern: /^(\w+)(?:\(([^()]*)\))?!?: +(.*)$/,
  breakingHeaderPattern: /^(\w+)(?:\(([^()]*)\))?!: +(.*)$/,
  headerCorrespondence: ['type', 'scope', 'subject'],
  noteKeywords: ['BREAKING CHANGE', 'BREAKING-CHANGE', 'KNOWN ISSUE', 'KNOWN-ISSUE'],
  // The convention requires a colon; the parser's own pattern also takes a sentence that begins with the keyword.
  notesPattern: (keywords) => new RegExp(`^(${keywords}):\\s+(.*)`),
  revertPattern: /^(?:Revert|revert:)\s"?([\s\S]*?)"?\s*This reverts commit ([0-9a-fA-F]{7,64})\b/,
  revertCorrespondence: ['header', 'hash'],
  // A line `-name-` in a message is text.
  fieldPattern: /^(?!)/,
  ...withoutReferences,
});

export interface RawCommit {
  readonly hash: string;
  readonly parents: number;
  readonly message: string;
}

/** A commit as the notes list it. A message that does not follow the convention keeps its first line as its subject. */
export function parseCommit({ hash, parents, message }: RawCommit): NotedCommit {
  const text = message.replaceAll('\r\n', '\n').trim().slice(0, mostCharacters);
  const header = (text.split('\n')[0] ?? '').trim() || '(no message)';
  const base = { hash, header, subject: header, knownIssues: [], isMerge: parents > 1 };
  if (text === '') return base;
  const { type, scope, subject, notes, revert } = parser.parse(text);
  const texts = (kind: RegExp) => notes.filter(({ title }) => kind.test(title)).map((note) => oneParagraph(note.text));
  const breaking = texts(/^breaking/i);
  const reverts = revertOf(header, revert?.['hash']);
  return {
    ...base,
    ...(type ? { type: type.toLowerCase(), subject: subject?.trim() || header } : reverts ? { type: 'revert' } : {}),
    ...(type && scope ? { scope } : {}),
    ...(breaking.length > 0 || /^\w+(?:\([^()]*\))?!:/.test(header) ? { breaking } : {}),
    knownIssues: texts(/^known/i),
    ...(reverts ? { reverts } : {}),
  };
}

/** Up to the next trailer, such as `Signed-off-by:`. */
const oneParagraph = (text: string): string =>
  (text.split(/\n(?=[A-Z][\w-]*: )/)[0] ?? '').replaceAll(/\s+/g, ' ').trim();

/** `git revert` names the hash; by hand it is often only the first line of what is reverted. */
function revertOf(header: string, hash: string | null | undefined): NotedCommit['reverts'] {
  if (hash) return { hash: hash.toLowerCase() };
  const [, quoted, plain] = /^(?:Revert "(.+)"|revert: +(.+))$/.exec(header) ?? [];
  const reverted = quoted ?? plain;
  return reverted === undefined ? undefined : { header: reverted };
}
