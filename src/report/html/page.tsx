import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { RunEvidence, RunResult } from '../../core/run-result.ts';
import type { Judgement } from '../../core/verdict.ts';
import { placeOf, unbroken } from '../words.ts';
import { Clauses } from './clauses.tsx';
import { Journey } from './journey.tsx';
import { Load } from './load.tsx';
import { iconPath } from './parts.tsx';
import { Probes } from './probes.tsx';
import { Rollout } from './rollout.tsx';
import { Absent, Timeline, Tools } from './run.tsx';
import { style } from './style/index.ts';
import { Metrics, Shutdown } from './target.tsx';
import { Banner, Deciding, Facts, Tally } from './verdict.tsx';

/** No script, no font, no picture from anywhere: what the page shows is in the page. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

export function htmlPage(result: RunResult, evidence: RunEvidence): string {
  const shown = { ...result, judgements: result.judgements.map(keepUnits) };
  return `<!doctype html>\n${renderToString(<Page result={shown} evidence={evidence} />)}\n`;
}

const keepUnits = (judgement: Judgement): Judgement => ({
  ...judgement,
  expected: unbroken(judgement.expected),
  actual: unbroken(judgement.actual),
  because: unbroken(judgement.because),
});
const Page = ({ result, evidence }: { result: RunResult; evidence: RunEvidence }): VNode => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content={policy} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <title>{`${result.verdict.word} · ${result.verb} ${placeOf(result)} · Shiproom`}</title>
      <link rel="icon" href={tabIcon(result)} />
      <style dangerouslySetInnerHTML={{ __html: style }} />
    </head>
    <body>
      <Banner result={result} />
      <main>
        <Tally result={result} />
        <Contents evidence={evidence} result={result} />
        <Deciding result={result} />
        <Facts result={result} />
        {evidence.rollout && <Rollout record={evidence.rollout} slos={result.slos} />}
        <Clauses result={result} />
        {evidence.load && <Load load={evidence.load} slos={result.slos} />}
        <Probes evidence={evidence} />
        <Journey smoke={evidence.smoke} api={result.addresses.api} />
        {evidence.metrics && <Metrics metrics={evidence.metrics} slos={result.slos} />}
        {evidence.shutdown && <Shutdown shutdown={evidence.shutdown} />}
        <Absent result={result} />
        <Timeline result={result} />
      </main>
      <Tools result={result} />
    </body>
  </html>
);

/** Links to the sections that this run has. */
const Contents = ({ result, evidence }: { result: RunResult; evidence: RunEvidence }): VNode => {
  const { health, readiness, dependencies, aftermath } = evidence;
  const sections: readonly (readonly [id: string, name: string, there: boolean])[] = [
    ['rollout', 'Rollout', evidence.rollout !== undefined],
    ['clauses', 'Clauses', true],
    ['load', 'Load', evidence.load !== undefined],
    ['readiness', 'Readiness', [health, readiness, dependencies, aftermath].some((probe) => probe !== undefined)],
    ['journey', 'Journey', evidence.smoke.length > 0],
    ['metrics', 'Metrics', evidence.metrics !== undefined],
    ['stopping', 'Shutdown', evidence.shutdown !== undefined],
    ['not-checked', 'Not checked', result.notChecked.length > 0],
    ['timeline', 'Time', result.steps.length > 0],
  ];
  return (
    <nav aria-label="Sections">
      <ul class="inline">
        {sections.map(([id, name, there]) =>
          there ? (
            <li key={id}>
              <a href={`#${id}`}>{name}</a>
            </li>
          ) : null,
        )}
      </ul>
    </nav>
  );
};

/** The verdict in the browser's tab, for whoever has ten reports open. */
function tabIcon({ verdict: { word } }: RunResult): string {
  const color = { GO: '#0b7a53', 'NO-GO': '#c0271d', HOLD: '#a86400' }[word];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><path fill="${color}" fill-rule="evenodd" d="${iconPath(word)}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
