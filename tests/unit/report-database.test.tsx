import { renderToString } from 'preact-render-to-string';
import { expect, it } from 'vitest';
import { Database } from '../../src/report/html/database.tsx';
import { broken, evidence, lint, migration } from './database-samples.ts';

it('the report shows each difference with its class and the statement that breaks, escaped', () => {
  const finding = {
    migration: '002-deadline',
    line: 2,
    rule: 'ban-drop-column',
    group: 'incompatible' as const,
    message: 'Dropping a column may break existing clients.',
    statement: 'ALTER TABLE jobs DROP COLUMN "<script>"',
    tables: ['jobs'],
  };
  const page = renderToString(
    <Database
      evidence={evidence({
        pending: [migration({ differences: [broken] })],
        lint: { ...lint, findings: [finding, { ...finding, rule: 'prefer-robust-stmts', group: 'style' }] },
      })}
    />,
  );
  expect(page).toContain('<code>column jobs.bio</code> removed');
  expect(page).toContain('SELECT bio FROM jobs fails: column &quot;bio&quot; does not exist');
  expect(page).toContain('DROP COLUMN &quot;&lt;script>');
  expect(page).toContain('1 findings of style, which decide nothing');
  expect(page).toMatch(/jobs: about 10 rows, 8\s?kB, locked by a migration/);
});
