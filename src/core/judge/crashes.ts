import { type CrashesEvidence, type CrashIssue, type CrashReport, noveltyOf } from '../crashes.ts';
import type { Unmeasured } from '../unmeasured.ts';
import { endSentence, formatCount } from '../slo.ts';
import type { Judgement, JudgementStatus, NotChecked } from '../verdict.ts';
import { withoutEvidence } from './unmeasured.ts';

export const crashesCheck = { id: 'crashlytics.issues', title: 'Crashlytics reviewed', clauses: ['3.3b'] } as const;

/** So many issues are named; the report lists all. */
const named = 3;

/**
 * Clause 3.3b. A new or regressed fatal issue fails, whatever is attested. That there is none shows something only where
 * reports of this version arrive; otherwise an operator's attestation decides, or it is inconclusive.
 */
export function judgeCrashes(evidence: CrashesEvidence | Unmeasured): Judgement | NotChecked {
  if (!('kind' in evidence)) return withoutEvidence(crashesCheck, evidence);
  const { report, files } = evidence;
  return {
    ...crashesCheck,
    ...decide(evidence),
    expected: 'no new and no regressed fatal issue',
    actual: report ? describeReport(report) : 'not read',
    evidence: files,
    requestIds: [],
  };
}

interface Decision {
  readonly status: JudgementStatus;
  readonly because: string;
}

function decide({ report, attestation, problems, release }: CrashesEvidence): Decision {
  const against = report?.issues.filter((issue) => noveltyOf(issue, report.version) !== undefined) ?? [];
  if (report && against.length > 0) return { status: 'fail', because: nameIssues(against, report) };
  if (attestation)
    return {
      status: 'pass',
      because: endSentence(`Attested by ${attestation.by}, who reviewed: ${attestation.reviewed.trim()}`),
    };
  const [problem] = problems;
  if (problem !== undefined || !report)
    return { status: 'error', because: endSentence(problem ?? 'Crashlytics was not read') };
  const { version, versions } = report;
  if (versions.some(({ name, events }) => name === version && events > 0))
    return { status: 'pass', because: endSentence(describeReport(report)) };
  const others = versions.map(({ name }) => name).slice(0, named);
  const found = others.length === 0 ? 'none of any version either' : `only of ${others.join(', ')}`;
  return {
    status: 'inconclusive',
    because: `Crashlytics has no event of version ${version} (${release}) since ${report.from}, ${found}: whether its reports arrive is not known. Review Crashlytics and attest it: --reviewed-by NAME --reviewed "…".`,
  };
}

function nameIssues(issues: readonly CrashIssue[], { version }: CrashReport): string {
  const texts = issues.slice(0, named).map((issue) => {
    const { title, subtitle, events, users, uri } = issue;
    const what = subtitle === '' ? title : `${title}: ${subtitle}`;
    const link = uri === undefined ? '' : `, ${uri}`;
    return `${noveltyOf(issue, version) ?? ''} ${what} (${count(events, 'event')}, ${count(users, 'user')}${link})`;
  });
  const more = issues.length > named ? `; ${issues.length - named} more` : '';
  return endSentence(`Fatal in ${version}: ${texts.join('; ')}${more}`);
}

function describeReport({ issues, versions, version, from, to }: CrashReport): string {
  const events = versions.find(({ name }) => name === version)?.events ?? 0;
  const open = issues.filter((issue) => noveltyOf(issue, version) !== undefined).length;
  return `${open} new or regressed of ${count(issues.length, 'fatal issue')} in ${version}, ${count(events, 'event')} read from ${from} to ${to}`;
}

const count = (number: number, unit: string): string => `${formatCount(number)} ${number === 1 ? unit : `${unit}s`}`;
