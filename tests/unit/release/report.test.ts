import { expect, it } from 'vitest';
import { parseCommit } from '../../../src/commits/message.ts';
import { buildReleaseNotes } from '../../../src/core/release-notes.ts';
import { clauses } from '../../../src/core/sop.ts';
import { renderHtml, renderMarkdown, renderTerminal } from '../../../src/report/index.ts';
import { holdRun } from '../report/samples.ts';
import { commitLines } from './commits.ts';

/** A whole release that ended in the middle of its verification. */
const { result, evidence } = holdRun();
const release = { ...result, verb: 'release' as const };
const notes = buildReleaseNotes(
  {
    release: 'freetask@1.5.0',
    target: 'staging',
    runId: result.runId,
    at: result.finishedAt,
    migrations: [],
    verdict: result.verdict,
    judgements: result.judgements,
    notChecked: result.notChecked,
    slos: result.slos,
  },
  [...commitLines, 'feat: <script>alert(1)</script>'].map((message) =>
    parseCommit({ hash: 'abc', parents: 1, message }),
  ),
);
const noted = {
  ...evidence,
  releaseNotes: { kind: 'release-notes', state: 'unpublished', file: '/docs/notes.md', notes } as const,
};
const expected = Object.keys(clauses).filter((clause) => !/^(2\.[BR]|4\.2)/.test(clause));

it('the report has a row for every clause, in the order of the SOP, and one that leads to it', async () => {
  const html = await renderHtml(release, noted);
  const rows = [...html.matchAll(/id="clause-([^"]+)"/g)].map(([, clause]) => clause);
  expect(rows.filter((clause) => expected.includes(clause ?? ''))).toEqual(expected);
  for (const clause of rows) expect(html).toContain(`href="#clause-${clause}"`);
  // Nothing judged section 1 of this run.
  expect(html).toMatch(/id="clause-1\.1a"><span class="status absent"/);
  const links = [...html.matchAll(/href="#(check-[^"]+)"/g)].map(([, id]) => id);
  expect(links.filter((id) => !html.includes(`id="${id}"`))).toEqual([]);
});

it('the report shows the notes as they are, and why they were not published', async () => {
  const html = await renderHtml(release, noted);
  expect(html).toMatch(/Not published in <code>\/docs\/notes\.md<\/code>.*The verdict is HOLD/s);
  expect(html).toContain('&lt;!here> please review');
  expect(html).not.toMatch(/<script|<!here|href="https:\/\/evil/);
});

it.each([
  ['the terminal', () => renderTerminal(release, { color: false, width: 100 })],
  ['the summary', () => renderMarkdown(release, evidence)],
])('%s has one row a clause', (_, render) => {
  // What did not pass has a second row, with its details, among the checks.
  const [, checklist = ''] = render().split('Go/No-Go checklist');
  const lines = (checklist.split('## Checks')[0] ?? '').split('\n');
  const row = (clause: string) => new RegExp(`^(?:\\|? ?\\S+ )+ *\\|? ?${clause.replace('.', '\\.')} `);
  for (const clause of expected)
    expect(
      lines.filter((line) => row(clause).test(line)),
      clause,
    ).toHaveLength(1);
  expect(lines.find((line) => row('1.1a').test(line))).toContain('not judged');
});

it('a verification has no checklist of the whole SOP', async () => {
  expect(renderTerminal(result, { color: false, width: 100 })).not.toContain('checklist');
  expect(renderMarkdown(result, evidence)).not.toContain('checklist');
  expect(await renderHtml(result, evidence)).not.toContain('id="clause-1.1a"');
});
