import { type Document, isAlias, type LineCounter, visit, type YAMLError } from 'yaml';

/** What is wrong with a text before its keys are read: a position in the text, and what to change. */
export interface SyntaxProblem {
  readonly offset: number;
  readonly message: string;
}

/** The first character that no text in UTF-8 has; undefined for a text. */
export function binaryOffset(text: string): number | undefined {
  // A decoder puts U+FFFD in the place of bytes that are not UTF-8.
  const offset = text.search(/[\0\uFFFD]/);
  return offset === -1 ? undefined : offset;
}

export function syntaxProblem(document: Document, text: string): SyntaxProblem | undefined {
  const [error = document.warnings[0]] = document.errors;
  return error ? { offset: error.pos[0], message: describe(error, text) } : aliasProblem(document);
}

function describe({ code, pos, message }: YAMLError, text: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return `${/^[^\s:,{}[\]]+/.exec(text.slice(pos[0]))?.[0] ?? 'a key'}: is set twice; remove one of both`;
    case 'TAB_AS_INDENT':
      return 'not YAML: a tab; lines are indented with spaces';
    case 'MULTIPLE_DOCS':
      return 'a second document begins here: one is expected; remove the line ---';
    case 'TAG_RESOLVE_FAILED':
      return `${message.split('\n')[0] ?? message}: a plain value is expected; remove the tag`;
    default:
      return `not YAML: ${message.split('\n')[0] ?? message}; check quotes, brackets and indentation here`;
  }
}

/** An alias without its anchor, or one inside of what it stands for. */
function aliasProblem(document: Document): SyntaxProblem | undefined {
  let found: SyntaxProblem | undefined;
  visit(document, {
    Alias: (_, node, ancestors) => {
      const target = node.resolve(document);
      const offset = node.range?.[0] ?? 0;
      if (target === undefined)
        found ??= { offset, message: `*${node.source}: there is no anchor &${node.source} before it` };
      else if (ancestors.some((each) => each === target))
        found ??= { offset, message: `*${node.source}: refers to itself; write the value` };
      return isAlias(node) ? undefined : visit.SKIP;
    },
  });
  return found;
}

export const lineAt = (lines: LineCounter, offset: number): number => Math.max(1, lines.linePos(offset).line);
