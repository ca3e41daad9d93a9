import type { ComponentChildren, VNode } from 'preact';
import { describeDecision } from '../../core/rollout/decided.ts';
import type { RolloutDecision, RunResult } from '../../core/run-result.ts';
import { formatMs } from '../../core/slo.ts';
import { clauses } from '../../core/sop.ts';
import type { Judgement, NotChecked } from '../../core/verdict.ts';
import { exitMeanings, formatInstant, meaningOf, placeOf, releaseLine, severity, tallyLabels } from '../labels.ts';
import {
  Address,
  Icon,
  NotCheckedReason,
  RequestIds,
  Section,
  Status,
  statusIcons,
  verdictShapes,
} from './components.tsx';

/** The verdict, its reason, the target and the release. */
export const Banner = ({ result }: { result: RunResult }): VNode => {
  const { verdict, interrupted, exitCode } = result;
  return (
    <header class={`banner ${verdict.word.toLowerCase()}`}>
      <p class="eyebrow">
        Shiproom {result.verb} · {placeOf(result)}
      </p>
      <h1>
        <Icon shape={verdictShapes[verdict.word]} /> {verdict.word}
        {interrupted && <span class="tag">interrupted</span>}
      </h1>
      <p class="meaning">{meaningOf(result)}</p>
      <p class="because">{verdict.because}</p>
      <p class="eyebrow">
        {releaseLine(result)} · {formatInstant(result.startedAt)} · {formatMs(result.durationMs)} · exit code {exitCode}{' '}
        ({exitMeanings[exitCode]})
      </p>
    </header>
  );
};

export const Tally = ({ result: { judgements, notChecked } }: { result: RunResult }): VNode => (
  <ul class="tally inline" aria-label="All checks">
    {severity.map((status) => {
      const count = judgements.filter((judgement) => judgement.status === status).length;
      return count === 0 ? null : (
        <li key={status} class={statusIcons[status].shape}>
          <Icon shape={statusIcons[status].shape} /> <strong>{count}</strong> {tallyLabels[status]}
        </li>
      );
    })}
    {notChecked.length > 0 && (
      <li>
        <a href="#not-checked">
          <strong>{notChecked.length}</strong> not checked
        </a>
      </li>
    )}
    {judgements.length === 0 && <li>Nothing was judged.</li>}
  </ul>
);

/** The checks that decided the verdict. */
export const DecidingChecks = ({
  result: { verdict, judgements, notChecked },
}: {
  result: RunResult;
}): VNode | null => {
  const all: readonly (Judgement | NotChecked)[] = [...judgements, ...notChecked];
  const deciding = verdict.decidedBy.flatMap((id) => all.find((check) => check.id === id) ?? []);
  return deciding.length === 0 ? null : (
    <Section id="decided" title="Deciding checks">
      <ol class="cards">
        {deciding.map((check) => (
          <li key={check.id}>
            <DecidingCheck check={check} />
          </li>
        ))}
      </ol>
    </Section>
  );
};

const DecidingCheck = ({ check }: { check: Judgement | NotChecked }): VNode => (
  <>
    <h3>
      {'status' in check ? <Status status={check.status} /> : <NotCheckedReason reason={check.reason} />}{' '}
      <a href={`#check-${check.id}`}>{check.title}</a>{' '}
      {check.clauses.map((clause) => (
        <abbr key={clause} class="clause" title={clauses[clause]}>
          {clause}
        </abbr>
      ))}
    </h3>
    <p>{check.because}</p>
    {'status' in check && (
      <p class="versus">
        <b>{check.actual}</b> <span class="quiet">· expected</span> {check.expected}
      </p>
    )}
    {'status' in check && <RequestIds ids={check.requestIds} limit={3} />}
  </>
);

export const Facts = ({ result }: { result: RunResult }): VNode => {
  const { addresses, runId, rejudged, deviations } = result;
  return (
    <Section id="facts" title="Run">
      <dl class="facts">
        <Fact name="Target">
          {placeOf(result)} <span class="quiet">({result.target.kind})</span>
        </Fact>
        <Fact name="Release expected">{result.expectedRelease ?? <span class="quiet">not given</span>}</Fact>
        <Fact name="Release observed">
          {result.seenReleases.join(', ') || <span class="quiet">no response named a release</span>}
        </Fact>
        <Fact name="API">
          <Address url={addresses.api} />
        </Fact>
        {addresses.web !== undefined && (
          <Fact name="Web client">
            <Address url={addresses.web} />
          </Fact>
        )}
        <Fact name="Started">{formatInstant(result.startedAt)}</Fact>
        <Fact name="Duration">{formatMs(result.durationMs)}</Fact>
        <Fact name="Run id">
          <code>{runId}</code>
        </Fact>
        {rejudged && (
          <Fact name="Re-judged">
            {formatInstant(rejudged.at)}, objectives of <code>{rejudged.sloFile}</code>
          </Fact>
        )}
      </dl>
      {result.rollout?.decisions && <Decisions decisions={result.rollout.decisions} />}
      {deviations.length > 0 && (
        <div class="note">
          <h3>Deviations from the SOP</h3>
          <ul>
            {deviations.map((deviation) => (
              <li key={deviation}>{deviation}</li>
            ))}
          </ul>
        </div>
      )}
    </Section>
  );
};

const Decisions = ({ decisions }: { decisions: readonly RolloutDecision[] }): VNode => (
  <div class="note">
    <h3>Decisions</h3>
    <ul>
      {decisions.map((decision) => (
        <li key={decision.id}>
          {formatInstant(decision.at)}
          {decision.share === undefined ? '' : `, at ${decision.share} %`}: {describeDecision(decision, formatMs)}{' '}
          <span class="quiet">evidence {decision.digest}</span>
        </li>
      ))}
    </ul>
  </div>
);

const Fact = ({ name, children }: { name: string; children: ComponentChildren }): VNode => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
