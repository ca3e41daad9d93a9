import { describe, expect, test } from 'vitest';
import { renderMarkdown } from '../../src/report/index.ts';
import type { SampleRun } from './report/fixtures.ts';
import { withTexts } from './report/outside.ts';
import { emptyRun, goRun, holdRun, interruptedRun, noGoRun } from './report/samples.ts';

const render = ({ result, evidence }: SampleRun): string => renderMarkdown(result, evidence);

describe('the Markdown summary', () => {
  test.each([
    [goRun, '# ✅ GO: sandbox / green'],
    [noGoRun, '# ❌ NO-GO: sandbox / green'],
    [holdRun, '# ⏸️ HOLD: staging / green'],
    [emptyRun, '# ⏸️ HOLD: sandbox / green'],
  ])('begins with the verdict', (make, first) => {
    expect(render(make()).split('\n')[0]).toBe(first);
  });

  test('lists failed steps with their request ids, conflicts, deviations and what was not checked', () => {
    const failed = render(noGoRun());
    expect(failed).toContain('## Steps that did not pass');
    expect(failed).toContain(
      'expected response to have status code 409 but got 200 | 6f1c2b1e-0c5d-4e0a-9a57-00000000232f',
    );
    expect(failed).toContain('meets clause 3.2c, exceeds the rollback criterion 4.1b');
    expect(failed).toContain('## Deviations from the SOP');
    expect(render(holdRun())).toContain('skipped, **required**: the load could not be measured');
    expect(render(interruptedRun())).toContain('**interrupted**');
  });

  test('every row of a table has as many cells as its header', () => {
    const texts = withTexts(noGoRun(), (text) => `${text} | a\n| b \\| c`);
    const tables = render(texts)
      .split('\n\n')
      .filter((block) => block.startsWith('|'));
    expect(tables.length).toBeGreaterThan(1);
    for (const table of tables) {
      const cells = table.split('\n').map((row) => row.replaceAll(/\\./g, '').split('|').length);
      expect(new Set(cells).size).toBe(1);
    }
  });

  test('text from outside is neither HTML nor Markdown', () => {
    const attack = '<img src=x onerror=alert(1)> [x](javascript:alert(1)) `code` **bold** &copy;';
    const text = render(withTexts(noGoRun(), () => attack));
    expect(text.replaceAll('<br>', '')).not.toMatch(/[<>]/);
    expect(text).not.toMatch(/(?<!\\)\]\(/);
    expect(text).not.toMatch(/(?<!\\)`/);
    expect(text).not.toContain('&copy;');
  });
});
