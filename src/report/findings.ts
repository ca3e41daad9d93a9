/** One requirement of a target, met or not. */
interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  readonly where: string;
  readonly next?: string;
}

/** The result of `doctor` as a table. */
export function renderFindings(findings: readonly Finding[], { color }: { readonly color: boolean }): string {
  const paint = (code: number, text: string) => (color ? `\u001B[${code}m${text}\u001B[0m` : text);
  const width = (pick: (finding: Finding) => string) => Math.max(0, ...findings.map((finding) => pick(finding).length));
  const nameWidth = width(({ name }) => name);
  const foundWidth = Math.min(
    40,
    width(({ found }) => found),
  );
  const lines = findings.flatMap(({ ok, name, found, where, next }) => [
    `${ok ? paint(32, '✔') : paint(31, '✘')} ${name.padEnd(nameWidth)}  ${found.padEnd(foundWidth)}  ${paint(2, where)}`,
    ...(next === undefined ? [] : [`    try: ${next}`]),
  ]);
  const missing = findings.filter(({ ok }) => !ok).length;
  lines.push(
    '',
    missing === 0 ? 'All requirements are met.' : `${missing} of ${findings.length} requirements are not met.`,
  );
  return `${lines.join('\n')}\n`;
}
