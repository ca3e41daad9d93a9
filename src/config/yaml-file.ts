import { type Document, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { problemsOf } from './schema-problems.ts';

/** Gives the text of a scalar anew. `path` names the keys that lead to it; a list's items have the path of the list. */
export type FillScalar = (
  text: string,
  at: { readonly path: readonly string[]; readonly line: number; readonly isListItem: boolean },
) => string;

/**
 * Parses YAML (and so JSON) against a schema. Throws a UserError that names the file, the line, the key and the problem.
 * `file` is only used in messages.
 */
export function parseYaml<T>(
  file: string,
  text: string,
  schema: z.ZodType<T>,
  { next, fill }: { readonly next: readonly string[]; readonly fill?: FillScalar },
): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [syntax] = document.errors;
  if (syntax) throw new UserError(`${file}:${lines.linePos(syntax.pos[0]).line}: ${firstLine(syntax.message)}`, next);

  if (document.contents === null) throw new UserError(`${file}: the file is empty`, next);
  if (fill) fillScalars(document, lines, fill);
  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error).map(({ path, message }) => {
    const line = lineOf({ document, lines }, path);
    return `${file}${line === undefined ? '' : `:${line}`}: ${path.join('.') || 'the file'}: ${message}`;
  });
  throw new UserError(problems.join('\n'), next);
}

/** Where a key stands in a file: `file:line: key`. A key that is not there has the line of its nearest parent. */
export function placeOfKey(file: string, text: string, path: readonly string[]): string {
  const lines = new LineCounter();
  const line = lineOf({ document: parseDocument(text, { lineCounter: lines, prettyErrors: false }), lines }, path);
  return `${file}${line === undefined ? '' : `:${line}`}: ${path.join('.')}`;
}

interface Parsed {
  readonly document: Document;
  readonly lines: LineCounter;
}

/** The line of the key, or of its nearest parent in the file: a missing key has no line. */
function lineOf({ document, lines }: Parsed, path: readonly string[]): number | undefined {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    const start = rangeStart(node);
    if (start !== undefined) return lines.linePos(start).line;
  }
  return undefined;
}

function fillScalars(document: Document, lines: LineCounter, fill: FillScalar): void {
  visit(document, {
    Scalar: (key, node, ancestors) => {
      if (key === 'key' || typeof node.value !== 'string') return;
      const path = ancestors.flatMap((each) => (isPair(each) && isScalar(each.key) ? [String(each.key.value)] : []));
      const line = lines.linePos(rangeStart(node) ?? 0).line;
      const filled = fill(node.value, { path, line, isListItem: isSeq(ancestors.at(-1)) });
      if (filled === node.value) return;
      // As YAML reads it where it is not quoted: a port is a number.
      node.value = node.type === 'PLAIN' && /^(\d+(\.\d+)?|true|false)$/.test(filled) ? JSON.parse(filled) : filled;
    },
  });
}

const rangeStart = (node: unknown): number | undefined =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : undefined;

const firstLine = (text: string): string => text.split('\n')[0] ?? text;
