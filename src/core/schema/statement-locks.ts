/** A table, as snapshots name it: without `public.`, quoted only where it has to be. */
const name = String.raw`((?:"(?:[^"]|"")+"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\w$]+))?)`;
const target = (start: string) => new RegExp(`^${start}\\s+(?:IF\\s+(?:NOT\\s+)?EXISTS\\s+)?(?:ONLY\\s+)?${name}`, 'i');

const targets: readonly RegExp[] = [
  target(String.raw`ALTER\s+(?:FOREIGN\s+)?TABLE`),
  target(String.raw`(?:DROP|TRUNCATE)\s+TABLE`),
  target('TRUNCATE'),
  target(String.raw`LOCK(?:\s+TABLE)?`),
  target('UPDATE'),
  target(String.raw`DELETE\s+FROM`),
  target(String.raw`REFRESH\s+MATERIALIZED\s+VIEW`),
  target(String.raw`(?:DROP|ALTER|CREATE)\s+MATERIALIZED\s+VIEW`),
  target(String.raw`REINDEX\s+(?:\([^)]*\)\s*)?TABLE(?:\s+CONCURRENTLY)?`),
  target(String.raw`VACUUM(?:\s*\([^)]*\)|\s+FULL)*`),
  target('CLUSTER'),
  new RegExp(String.raw`^CREATE\s+(?:UNIQUE\s+)?INDEX\b[^(]*?\bON\s+(?:ONLY\s+)?${name}`, 'i'),
  new RegExp(String.raw`^CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\b.*?\bON\s+${name}`, 'is'),
];
const referenced = new RegExp(String.raw`\bREFERENCES\s+${name}`, 'gi');
const index = /^(?:DROP|ALTER)\s+INDEX\b|^REINDEX\s+(?:\([^)]*\)\s*)?INDEX\b/i;
const indexNames = new RegExp(String.raw`\bINDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?${name}`, 'i');

/** The tables that a statement locks, without its comments; `indexed` gives the table of an index. Empty where it is not known. */
export function tablesOf(code: string, indexed: (name: string) => string | undefined): string[] {
  const statement = code.trim();
  if (index.test(statement)) {
    const found = indexNames.exec(statement)?.[1];
    const table = found === undefined ? undefined : indexed(normalise(found));
    return table === undefined ? [] : [table];
  }
  const own = targets.flatMap((pattern) => pattern.exec(statement)?.[1] ?? []).slice(0, 1);
  const others = [...statement.matchAll(referenced)].flatMap((match) => match[1] ?? []);
  return [...new Set([...own, ...others].map(normalise))];
}

/** `public."Jobs"` is `"Jobs"`, `"jobs"` and `JOBS` are `jobs`. */
function normalise(written: string): string {
  const parts = written
    .match(/"(?:[^"]|"")+"|[\w$]+/g)
    ?.map((part) =>
      part.startsWith('"') ? (/^"[a-z_][a-z0-9_$]*"$/.test(part) ? part.slice(1, -1) : part) : part.toLowerCase(),
    );
  return (parts?.[0] === 'public' ? parts.slice(1) : (parts ?? [])).join('.');
}

/** Statements that lock a table for as long as they run, which squawk has no rule for. */
const long: readonly (readonly [pattern: RegExp, rule: string])[] = [
  [/^VACUUM\b[^;]*\bFULL\b/i, 'vacuum-full'],
  [/^CLUSTER\b/i, 'cluster'],
  [/^REFRESH\s+MATERIALIZED\s+VIEW\s+(?!CONCURRENTLY\b)/i, 'refresh-materialized-view'],
  [/^LOCK\b/i, 'lock-table'],
  [/^ALTER\s+TABLE\b[^;]*\bSET\s+(LOGGED|UNLOGGED|TABLESPACE|ACCESS\s+METHOD)\b/i, 'table-rewrite'],
  [/^ALTER\s+TABLE\b[^;]*\bATTACH\s+PARTITION\b/i, 'attach-partition'],
];

/** `shiproom/vacuum-full`, or undefined. */
export function longLockOf(code: string): string | undefined {
  const statement = code.trim();
  const found = long.find(([pattern]) => pattern.test(statement));
  if (found) return `shiproom/${found[1]}`;
  const [, verb, rest = ''] = ofRows.exec(outsideOfBrackets(statement)) ?? [];
  return verb !== undefined && !limited.test(rest) ? `shiproom/${verb.toLowerCase()}-of-all-rows` : undefined;
}

/** UPDATE or DELETE as the statement itself, possibly behind its WITH. */
const ofRows = /^(?:WITH\b(?:(?!\b(?:INSERT|SELECT|MERGE)\b)[\s\S])*?\b)?(UPDATE|DELETE)\b([\s\S]*)$/i;
const limited = /\bWHERE\b(?!\s*(?:TRUE|1\s*=\s*1)\s*(?:RETURNING\b|$))/i;

/** Without strings and what is in brackets: the WHERE of a subquery does not limit the rows of its statement. */
function outsideOfBrackets(code: string): string {
  let [text, last] = [code.replaceAll(/'(?:[^']|'')*'/g, "''"), ''];
  while (text !== last) [text, last] = [text.replaceAll(/\([^()]*\)/g, ' '), text];
  return text;
}
