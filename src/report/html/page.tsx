import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { coversSop } from '../../core/run-checklist.ts';
import type { RunEvidence, RunResult } from '../../core/run-result.ts';
import type { Judgement } from '../../core/verdict.ts';
import { placeOf, unbreakable } from '../labels.ts';
import { Artifacts } from './artifacts.tsx';
import { Calendar } from './calendar.tsx';
import { Clauses } from './clauses.tsx';
import { Completed, hasCompleted } from './completed.tsx';
import { iconPath } from './components.tsx';
import { Database } from './database.tsx';
import { Footer } from './footer.tsx';
import { Gates } from './gates.tsx';
import { Journey } from './journey.tsx';
import { Load } from './load.tsx';
import { Metrics } from './metrics.tsx';
import { Monitoring } from './monitoring.tsx';
import { NotCheckedList } from './not-checked.tsx';
import { Probes } from './probes.tsx';
import { InterventionPage, RollbackReceipt } from './receipt.tsx';
import { ReleaseNotesSection } from './release-notes.tsx';
import { Rollout } from './rollout.tsx';
import { Shutdown } from './shutdown.tsx';
import { style } from './style/index.ts';
import { Timeline } from './timeline.tsx';
import { Banner, DecidingChecks, Facts, Tally } from './verdict.tsx';

/** The page is self-contained: no script, and no font or image from elsewhere. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

export function htmlPage(result: RunResult, evidence: RunEvidence): string {
  const shown = { ...result, judgements: result.judgements.map(keepUnitsOnOneLine) };
  return `<!doctype html>\n${renderToString(<Page result={shown} evidence={evidence} />)}\n`;
}

const keepUnitsOnOneLine = (judgement: Judgement): Judgement => ({
  ...judgement,
  expected: unbreakable(judgement.expected),
  actual: unbreakable(judgement.actual),
  because: unbreakable(judgement.because),
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
        {result.rollout?.intervention && <InterventionPage intervention={result.rollout.intervention} />}
        <Contents evidence={evidence} result={result} />
        <DecidingChecks result={result} />
        <Facts result={result} />
        {result.rollout?.receipt && <RollbackReceipt receipt={result.rollout.receipt} />}
        {evidence.rollout && <Rollout record={evidence.rollout} slos={result.slos} />}
        <Clauses result={result} />
        {evidence.calendar && evidence.calendar.periods.length > 0 && <Calendar evidence={evidence.calendar} />}
        {evidence.gates && evidence.gates.length > 0 && <Gates evidence={evidence.gates} />}
        {evidence.database && 'driver' in evidence.database && <Database evidence={evidence.database} />}
        {evidence.artifacts && <Artifacts evidence={evidence.artifacts} />}
        {evidence.monitoring && <Monitoring evidence={evidence.monitoring} plan={evidence.plan} />}
        {evidence.load && <Load load={evidence.load} slos={result.slos} />}
        <Probes evidence={evidence} />
        <Journey smoke={evidence.smoke} api={result.addresses.api} />
        {evidence.metrics && <Metrics metrics={evidence.metrics} slos={result.slos} />}
        {hasCompleted(evidence) && <Completed {...evidence} />}
        {evidence.shutdown && <Shutdown shutdown={evidence.shutdown} />}
        {evidence.releaseNotes && 'file' in evidence.releaseNotes && (
          <ReleaseNotesSection evidence={evidence.releaseNotes} />
        )}
        <NotCheckedList result={result} />
        <Timeline result={result} />
      </main>
      <Footer result={result} />
    </body>
  </html>
);

/** Links to the sections of this run. */
const Contents = ({ result, evidence }: { result: RunResult; evidence: RunEvidence }): VNode => {
  const { health, readiness, dependencies, aftermath } = evidence;
  const sections: readonly (readonly [id: string, name: string, present: boolean])[] = [
    ['clauses', coversSop(result) ? 'Go/No-Go checklist' : 'Clauses', true],
    ['rollback', 'Rollback receipt', result.rollout?.receipt !== undefined],
    ['rollout', 'Rollout', evidence.rollout !== undefined],
    ['calendar', 'Freeze windows', (evidence.calendar?.periods ?? []).length > 0],
    ['gates', 'Quality gates', (evidence.gates ?? []).length > 0],
    ['database', 'Migrations', evidence.database !== undefined && 'driver' in evidence.database],
    ['artifacts', 'Artifacts', evidence.artifacts !== undefined],
    ['monitoring', 'Monitoring', evidence.monitoring !== undefined],
    ['load', 'Load', evidence.load !== undefined],
    [
      'readiness',
      'Health and readiness',
      [health, readiness, dependencies, aftermath].some((probe) => probe !== undefined),
    ],
    ['journey', 'Smoke journey', evidence.smoke.length > 0],
    ['metrics', 'Metrics', evidence.metrics !== undefined],
    ['completed', 'After the watch', hasCompleted(evidence)],
    ['shutdown', 'Shutdown', evidence.shutdown !== undefined],
    ['release-notes', 'Release notes', evidence.releaseNotes !== undefined && 'file' in evidence.releaseNotes],
    ['not-checked', 'Not checked', result.notChecked.length > 0],
    ['timeline', 'Timeline', result.steps.length > 0],
  ];
  return (
    <nav aria-label="Sections">
      <ul class="inline">
        {sections.map(([id, name, present]) =>
          present ? (
            <li key={id}>
              <a href={`#${id}`}>{name}</a>
            </li>
          ) : null,
        )}
      </ul>
    </nav>
  );
};

/** The verdict as the icon of the browser's tab. */
function tabIcon({ verdict: { word } }: RunResult): string {
  const color = { GO: '#0b7a53', 'NO-GO': '#c0271d', HOLD: '#a86400' }[word];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><path fill="${color}" fill-rule="evenodd" d="${iconPath(word)}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
