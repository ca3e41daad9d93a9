import { Fragment, type VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { RunEvidence, RunResult } from '../../core/run-result.ts';
import type { Judgement } from '../../core/verdict.ts';
import { placeOf, unbreakable } from '../labels.ts';
import { iconPath } from './components.tsx';
import { Footer } from './footer.tsx';
import { InterventionPage } from './receipt.tsx';
import { sectionsOf } from './sections.tsx';
import { style } from './style/index.ts';
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
const Page = ({ result, evidence }: { result: RunResult; evidence: RunEvidence }): VNode => {
  const sections = sectionsOf(result, evidence);
  return (
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
          <Contents sections={sections} />
          <DecidingChecks result={result} />
          <Facts result={result} />
          {sections.map(({ id, node }) => (
            <Fragment key={id}>{node}</Fragment>
          ))}
        </main>
        <Footer result={result} />
      </body>
    </html>
  );
};

/** Links to the sections of this run. */
const Contents = ({ sections }: { sections: ReturnType<typeof sectionsOf> }): VNode => (
  <nav aria-label="Sections">
    <ul class="inline">
      {sections.map(({ id, name }) => (
        <li key={id}>
          <a href={`#${id}`}>{name}</a>
        </li>
      ))}
    </ul>
  </nav>
);

/** The verdict as the icon of the browser's tab. */
function tabIcon({ verdict: { word } }: RunResult): string {
  const color = { GO: '#0b7a53', 'NO-GO': '#c0271d', HOLD: '#a86400' }[word];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><path fill="${color}" fill-rule="evenodd" d="${iconPath(word)}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
