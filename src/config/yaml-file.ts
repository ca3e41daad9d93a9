import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { messageOf, UserError } from '../core/errors.ts';
import { problemsOf } from './schema-problems.ts';
import { binaryOffset, lineAt, syntaxProblem } from './yaml-syntax.ts';

/** Gives the text of a scalar anew. `path` names the keys that lead to it; a list's items have the path of the list. */
export type FillScalar = (
  text: string,
  at: { readonly path: readonly string[]; readonly line: number; readonly isListItem: boolean },
) => string;

const read = (text: string, lines: LineCounter): Document.Parsed =>
  parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });

/**
 * Parses YAML (and so JSON) against a schema. Throws a UserError that names the file, the line, the key, the problem and what is
 * expected. `file` is only used in messages.
 */
export function parseYaml<T>(
  file: string,
  text: string,
  schema: z.ZodType<T>,
  { next, fill }: { readonly next: readonly string[]; readonly fill?: FillScalar },
): T {
  const binary = binaryOffset(text);
  if (binary !== undefined) {
    const line = text.slice(0, binary).split('\n').length;
    throw new UserError(`${file}:${line}: the file is no text in UTF-8: YAML is expected`, next);
  }
  const lines = new LineCounter();
  const document = read(text, lines);
  const syntax = syntaxProblem(document, text);
  if (syntax) throw new UserError(`${file}:${lineAt(lines, syntax.offset)}: ${syntax.message}`, next);
  if (document.contents === null)
    throw new UserError(`${file}:1: the file is empty: a mapping of keys to values is expected`, next);
  if (fill) fillScalars(document, lines, fill);
  const value = toValue(file, document, next);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error, { schema, value });
  const texts = problems.map(
    ({ path, message }) => `${file}:${lineOf({ document, lines }, path)}: ${path.join('.') || 'the file'}: ${message}`,
  );
  const steps = problems.flatMap((problem) => problem.next ?? []).slice(0, 3);
  throw new UserError(texts.join('\n'), [...steps, ...next]);
}

function toValue(file: string, document: Document, next: readonly string[]): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Aliases of aliases that would fill the memory.
    throw new UserError(`${file}:1: ${messageOf(error)}: write the values without aliases`, next);
  }
}

/** Where a key stands in a file: `file:line: key`. A key that is not there has the line of its nearest parent. */
export function placeOfKey(file: string, text: string, path: readonly string[]): string {
  const lines = new LineCounter();
  return `${file}:${lineOf({ document: read(text, lines), lines }, path)}: ${path.join('.')}`;
}

interface Parsed {
  readonly document: Document;
  readonly lines: LineCounter;
}

/** The line of the key, or of its nearest parent in the file: a missing key has no line. */
function lineOf({ document, lines }: Parsed, path: readonly string[]): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const start = rangeStart(keyNode(document, path.slice(0, depth)));
    if (start !== undefined) return lineAt(lines, start);
  }
  return 1;
}

/** The node of the key itself: its value may begin on a later line. */
function keyNode(document: Document, path: readonly string[]): unknown {
  const parent = path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const key = path.at(-1);
  if (key === undefined) return parent;
  if (!isMap(parent)) return document.getIn(path, true);
  return parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)?.key;
}

function fillScalars(document: Document, lines: LineCounter, fill: FillScalar): void {
  visit(document, {
    Scalar: (key, node, ancestors) => {
      if (key === 'key' || typeof node.value !== 'string') return;
      const path = ancestors.flatMap((each) => (isPair(each) && isScalar(each.key) ? [String(each.key.value)] : []));
      const line = lineAt(lines, rangeStart(node) ?? 0);
      const filled = fill(node.value, { path, line, isListItem: isSeq(ancestors.at(-1)) });
      if (filled === node.value) return;
      // As YAML reads it where it is not quoted: a port is a number.
      node.value = node.type === 'PLAIN' && /^(\d+(\.\d+)?|true|false)$/.test(filled) ? JSON.parse(filled) : filled;
    },
  });
}

const rangeStart = (node: unknown): number | undefined =>
  typeof node === 'object' && node !== null && 'range' in node ? (node as Node).range?.[0] : undefined;
