/** One line of `show servers state`, and of `show stat`, by column name. */
export type Row = Readonly<Record<string, string>>;

/** `show servers state`: a version line, a comment with the columns, one line for each server. Throws Error on other or cut-off text. */
export function parseServersState(text: string): Row[] {
  const lines = linesOf(text);
  const columns = lines
    .find((line) => line.startsWith('# '))
    ?.slice(2)
    .trim()
    .split(' ');
  if (!columns) throw new Error(`no columns in: ${text.trim().slice(0, 120)}`);
  return lines.filter((line) => /^\d+ \S/.test(line)).map((line) => rowOf(columns, line.trim().split(' ')));
}

/** `show stat`: CSV with a comment line of columns. Throws Error on other or cut-off text. */
export function parseStat(text: string): Row[] {
  const [head = '', ...lines] = linesOf(text);
  if (!head.startsWith('# ')) throw new Error(`no columns in: ${text.trim().slice(0, 120)}`);
  const columns = splitCsv(head.slice(2));
  return lines.map((line) => rowOf(columns, splitCsv(line)));
}

/** HAProxy ends every answer with an empty line. */
function linesOf(text: string): string[] {
  if (!text.endsWith('\n\n')) throw new Error(`cut off after: ${text.trim().slice(-120)}`);
  return text.split('\n').filter((line) => line.trim() !== '');
}

/** `show info`: one `Name: value` a line. */
export function parseInfo(text: string): Row {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^(\w+): (.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value.trim()]];
    }),
  );
}

function rowOf(columns: readonly string[], values: readonly string[]): Row {
  if (values.length !== columns.length)
    throw new Error(`a line with ${values.length} of ${columns.length} columns: ${values.join(' ').slice(0, 120)}`);
  return Object.fromEntries(columns.map((column, index) => [column, values[index] ?? '']));
}

/** Texts of health checks are quoted and may hold commas; a quote inside is doubled. */
function splitCsv(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  );
}
