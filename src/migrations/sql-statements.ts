/** One statement of an SQL file; the line counts from 1. */
export interface SqlStatement {
  readonly text: string;
  readonly line: number;
}

/** A quoted string, a quoted name, a dollar-quoted body, a comment: what may hold a semicolon that ends nothing. */
const opaque: readonly RegExp[] = [
  /--[^\n]*/y,
  /[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)/y,
  /'(?:[^']|'')*(?:'|$)/y,
  /"(?:[^"]|"")*(?:"|$)/y,
];
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;

/** The statements of a file, without empty ones, as PostgreSQL's lexer separates them (SQL syntax, 4.1). */
export function splitStatements(sql: string): SqlStatement[] {
  const statements: SqlStatement[] = [];
  let start = 0;
  let at = 0;
  const body = atomicBody();
  const finish = (end: number) => {
    const text = sql.slice(start, end);
    const code = withoutLeadingComments(text);
    if (code !== '') statements.push({ text: code.trimEnd(), line: lineAt(sql, start + text.length - code.length) });
    start = end + 1;
  };
  while (at < sql.length) {
    const end = opaqueEnd(sql, at);
    if (end > at) {
      at = end;
      continue;
    }
    const name = match(word, sql, at);
    if (name !== undefined) {
      body.read(name);
      at += name.length;
      continue;
    }
    if (sql[at] === ';' && !body.isOpen()) {
      finish(at);
      body.reset();
    }
    at += 1;
  }
  finish(sql.length);
  return statements;
}

/** `BEGIN ATOMIC … END` of a function holds statements of its own, and `CASE … END` within it. */
function atomicBody() {
  let words: string[] = [];
  let depth = 0;
  return {
    isOpen: () => depth > 0,
    reset: () => {
      words = [];
      depth = 0;
    },
    read: (name: string) => {
      const upper = name.toUpperCase();
      const opensBody = words[0] === 'CREATE' && words.at(-1) === 'BEGIN' && upper === 'ATOMIC';
      if (opensBody || (depth > 0 && upper === 'CASE')) depth += 1;
      else if (depth > 0 && upper === 'END') depth -= 1;
      words.push(upper);
    },
  };
}

/** Where the comment, string or body that starts here ends; `at` itself where none starts. */
function opaqueEnd(sql: string, at: number): number {
  if (sql.startsWith('/*', at)) return blockCommentEnd(sql, at);
  const tag = match(dollarTag, sql, at);
  if (tag !== undefined) {
    const end = sql.indexOf(tag, at + tag.length);
    return end < 0 ? sql.length : end + tag.length;
  }
  for (const pattern of opaque) {
    const text = match(pattern, sql, at);
    if (text !== undefined) return at + text.length;
  }
  return at;
}

/** Block comments nest. */
function blockCommentEnd(sql: string, start: number): number {
  let depth = 0;
  for (let at = start; at < sql.length; at += 1) {
    if (sql.startsWith('/*', at)) {
      depth += 1;
      at += 1;
    } else if (sql.startsWith('*/', at)) {
      depth -= 1;
      at += 1;
      if (depth === 0) return at + 1;
    }
  }
  return sql.length;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function withoutLeadingComments(text: string): string {
  let at = 0;
  for (;;) {
    while (/\s|\uFEFF/.test(text[at] ?? '')) at += 1;
    if (!text.startsWith('--', at) && !text.startsWith('/*', at)) return text.slice(at);
    at = opaqueEnd(text, at);
  }
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** The code of a statement in one line: comments removed, at most 100 characters. */
export function summarise({ text }: SqlStatement): string {
  const line = codeOf(text).replaceAll(/\s+/g, ' ').trim();
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

/** The statement without its comments. */
export function codeOf(text: string): string {
  let code = '';
  for (let at = 0; at < text.length;) {
    const end = opaqueEnd(text, at);
    const isComment = text.startsWith('--', at) || text.startsWith('/*', at);
    code += isComment ? ' ' : text.slice(at, Math.max(end, at + 1));
    at = Math.max(end, at + 1);
  }
  return code;
}
