import { expect, it } from 'vitest';
import { renderHtml, renderJunit, renderMarkdown, renderTerminal } from '../../../src/report/index.ts';
import { outcome } from '../judge-samples.ts';
import { conclude, healthyEvidence } from '../report/fixtures.ts';

const outside = '<script>alert(1)</script>&"';
const digest = `sha256:${'1'.repeat(64)}`;

it('every report shows the artifacts, and what commands and files are called is no markup', async () => {
  const evidence = healthyEvidence();
  const plan = { ...evidence.plan, steps: ['artifacts' as const] };
  const build = { outcome: { ...outcome, command: ['make', outside], stdout: outside }, firstFailure: outside };
  const artifacts = {
    bundle: {
      ...build,
      files: [],
      problems: [],
      patterns: [
        { pattern: outside, found: [] },
        {
          pattern: '*',
          found: [{ path: outside, bytes: 1200, sha256: outside, modifiedAt: '2026-01-01T00:00:01.000Z' }],
        },
      ],
    },
    image: {
      release: 'freetask@1.5.0',
      tag: outside,
      files: [],
      problems: [],
      before: { problem: outside },
      build,
      built: { digest },
      kept: { digest, runId: outside, at: '2026-01-01T00:00:00.000Z' },
    },
  };
  const run = conclude({ ...evidence, plan, artifacts });
  const page = await renderHtml(run.result, run.evidence);
  expect(page).toContain('id="artifacts"');
  expect(page).toContain('1.2 kB');
  expect(page).toContain(digest);
  expect(page).not.toContain('<script>');
  for (const text of [
    renderTerminal(run.result, { color: false, width: 200 }),
    renderMarkdown(run.result, run.evidence),
    renderJunit(run.result),
  ])
    expect(text).toContain('Image of the API');
});
