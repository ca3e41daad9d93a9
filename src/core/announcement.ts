import type { ChannelMessage, MessageAddress, SlackSettings } from './courtesy.ts';
import { type ChecklistRow, checklistOf, checklistSections } from './checklist.ts';
import { checklistMarks, statusWords } from './checklist-status.ts';
import type { Receipt } from './rollout/receipt.ts';
import type { Strategy } from './rollout/plan.ts';
import { formatMs, type Slo } from './slo.ts';
import { formatSloNumber, sloNumbers } from './slo-numbers.ts';
import type { Judgement, NotChecked, Verdict, VerdictWord } from './verdict.ts';

/** Where a release is when it is announced. `refused`: the preflight failed, and nothing was touched. */
export type AnnouncedPhase =
  | 'running'
  | 'paused'
  | 'refused'
  | 'released'
  | 'rolling-back'
  | 'rolled-back'
  | 'rollback-failed';

export interface AnnouncementFacts {
  readonly runId: string;
  readonly release: string;
  readonly previousRelease?: string;
  /** Name of the target. */
  readonly target: string;
  readonly strategy?: Strategy;
  /** ISO 8601: when the release began, and the moment that the facts are of. */
  readonly startedAt: string;
  readonly at: string;
  readonly phase: AnnouncedPhase;
  /** What it does now: `Traffic 90 % blue, 10 % green`. */
  readonly doing?: string;
  /** Absent while it is running. */
  readonly verdict?: Verdict;
  readonly judgements: readonly Judgement[];
  readonly notChecked: readonly NotChecked[];
  readonly slos: readonly Slo[];
  readonly receipt?: Receipt;
  /** Why it was shipped inside a freeze window. */
  readonly hotfix?: string;
  /** Decisions of operators, one sentence each. */
  readonly decisions?: readonly string[];
  /** What an operator has to type, where one is needed. */
  readonly next?: string;
  readonly reportUrl?: string;
}

/** One stage of a release, as the thread of its message has it. */
export interface AnnouncedStage {
  /** Differs from that of every other stage of the run: `stage-10`. */
  readonly id: string;
  readonly title: string;
  readonly lines: readonly string[];
}

/** A message without what identifies it in its channel. */
export type AnnouncementText = Pick<ChannelMessage, 'title' | 'facts' | 'lists' | 'links'>;

export interface AnnouncementLink {
  readonly text: string;
  /** With {release}, {previous}, {run} and {target}. */
  readonly url: string;
}

const wordMarks: Readonly<Record<VerdictWord, string>> = { GO: '✅', 'NO-GO': '❌', HOLD: '⏸️' };

/**
 * The one message of a release (3.4b): verdict and reasons first, then the numbers against the objectives, the checklist,
 * and the links. Its lines are short, because it is read on a phone.
 */
export function announcementOf(facts: AnnouncementFacts, links: readonly AnnouncementLink[] = []): AnnouncementText {
  const { judgements, slos, reportUrl } = facts;
  const numbers = sloNumbers(judgements, slos).map(
    (number) => `${checklistMarks[number.status]} ${formatSloNumber(number)}`,
  );
  const report = reportUrl === undefined ? [] : [{ text: 'Report', url: reportUrl }];
  return {
    title: titleOf(facts),
    facts: factsOf(facts),
    lists: [
      ...listOf('Reasons', 'reasons', reasonsOf(facts)),
      ...listOf('Objectives', 'objectives', numbers),
      ...checklistLists(facts),
    ],
    links: [...report, ...links.flatMap((link) => filled(link, facts))],
  };
}

const phaseTitles: Readonly<Record<AnnouncedPhase, string>> = {
  running: 'Releasing',
  paused: 'paused',
  refused: 'refused before the deployment, nothing was changed',
  released: 'released',
  'rolling-back': 'Rolling back',
  'rolled-back': 'rolled back',
  'rollback-failed': 'the rollback is not complete, an operator is needed',
};

/** `✅ GO: freetask@1.5.0 on staging, released` */
function titleOf({ verdict, phase, release, target }: AnnouncementFacts): string {
  const where = `${release} on ${target}`;
  return verdict
    ? `${wordMarks[verdict.word]} ${verdict.word}: ${where}, ${phaseTitles[phase].toLowerCase()}`
    : `🚀 ${phase === 'rolling-back' ? 'Rolling back' : 'Releasing'}: ${where}`;
}

function factsOf(facts: AnnouncementFacts): AnnouncementText['facts'] {
  const { previousRelease, startedAt, at, doing, verdict, hotfix, decisions = [], next, runId, reportUrl } = facts;
  const tookMs = Math.max(0, Date.parse(at) - Date.parse(startedAt));
  return [
    ...(doing === undefined || verdict ? [] : [['Now', doing] as const]),
    ...(verdict ? [['Verdict', verdict.because] as const] : []),
    ...(next === undefined ? [] : [['Next', next] as const]),
    ['Previous release', previousRelease ?? 'unknown'],
    [
      'Started',
      `${startedAt.slice(0, 16).replace('T', ' ')} UTC, ${formatMs(tookMs)} ${verdict ? 'until now' : 'ago'}`,
    ],
    ...(hotfix === undefined ? [] : [['Hotfix', hotfix] as const]),
    ...decisions.map((decision) => ['Decision', decision] as const),
    ['Run', runId],
    ...(reportUrl === undefined && verdict
      ? [['Report', `reports/${runId}/report.html, where the release was started`] as const]
      : []),
  ];
}

/** The checks that decided, then every other one that did not pass. */
function reasonsOf({ verdict, judgements, notChecked }: AnnouncementFacts): string[] {
  const decidedBy = verdict?.decidedBy ?? [];
  const open = judgements.filter(({ status, id }) => status === 'fail' || decidedBy.includes(id));
  const skipped = notChecked.filter(({ id }) => decidedBy.includes(id));
  const order = (id: string): number => (decidedBy.includes(id) ? decidedBy.indexOf(id) : decidedBy.length);
  return [
    ...open.map((check) => ({ ...check, mark: checklistMarks[check.status] })),
    ...skipped.map((check) => ({ ...check, mark: checklistMarks['not-judged'] })),
  ]
    .toSorted((a, b) => order(a.id) - order(b.id))
    .map(({ mark, clauses, title, because }) => `${mark} ${clauses.join(', ')} ${title}: ${because}`);
}

/** One row a clause. The row of this message cannot be judged by the message itself. */
function checklistLists(facts: AnnouncementFacts): AnnouncementText['lists'] {
  const { judgements, notChecked, strategy, receipt, verdict } = facts;
  if (!verdict) return [];
  const rows = checklistOf(judgements, notChecked, {
    whole: true,
    ...(strategy ? { strategy } : {}),
    ...(receipt ? { receipt } : {}),
  });
  return checklistSections(rows).flatMap(({ title, rows: own }) =>
    listOf(title, 'clauses', own.map(checklistLine), own.length),
  );
}

const checklistLine = ({ status, clause, title, because }: ChecklistRow): string => {
  const line = `${checklistMarks[status]} ${clause} ${title}`;
  if (status === 'pass') return line;
  if (clause === '3.4b' && status === 'not-judged') return `${line}: this message`;
  return `${line}: ${statusWords[status]}${status === 'not-applicable' ? `, ${because}` : ''}`;
};

const listOf = (title: string, noun: string, lines: readonly string[], most = 12): AnnouncementText['lists'] =>
  lines.length === 0 ? [] : [{ title, noun, lines, most, marked: true }];

/** Names become a part of an address only with every character of an address encoded. */
function filled({ text, url }: AnnouncementLink, facts: AnnouncementFacts): AnnouncementLink[] {
  const { release, previousRelease: previous, runId: run, target } = facts;
  const values: Readonly<Record<string, string | undefined>> = { release, previous, run, target };
  const names = [...url.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  if (names.some((name) => Object.hasOwn(values, name) && values[name] === undefined)) return [];
  const address = url.replaceAll(/\{(\w+)\}/g, (whole, name: string) => encode(values[name]) ?? whole);
  return [{ text: fillText(text, values), url: address }];
}

const encode = (value: string | undefined): string | undefined =>
  value === undefined ? undefined : encodeURIComponent(value);

const fillText = (text: string, values: Readonly<Record<string, string | undefined>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

/** A stage as a reply in the thread. */
export const stageReply = ({ title, lines }: AnnouncedStage): AnnouncementText => ({
  title,
  facts: [],
  lists: lines.length === 0 ? [] : [{ title: '', noun: 'lines', lines }],
  links: [],
});

export type AnnouncementsSettings =
  | { readonly off: string }
  | { readonly slack: SlackSettings; readonly links: readonly AnnouncementLink[]; readonly retryMs: number };

/** What is known of the message of a run, kept beside its journal so that a resumed run changes the same one. */
export interface AnnouncementState {
  readonly address?: MessageAddress;
  /** The revision that was sent last by a channel that cannot be read back; not certain: its delivery is unknown. */
  readonly sent?: { readonly revision: string; readonly certain: boolean };
}

/** What became of the last message of a run (3.4b). */
export type AnnouncementEvidence =
  /** The target file turns announcements off with a reason, or does not mention them. */
  | { readonly kind: 'announcement'; readonly state: 'off' | 'missing'; readonly because: string }
  | {
      readonly kind: 'announcement';
      /** `unconfirmed`: delivered, and it could not be read back. */
      readonly state: 'delivered' | 'unconfirmed' | 'undelivered';
      /** Name of the driver. */
      readonly channel: string;
      /** The verdict that it announces. */
      readonly word: VerdictWord;
      readonly address?: MessageAddress;
      /** Whether the channel was read back; a webhook cannot be. */
      readonly readBack: boolean;
      readonly attempts: number;
      /** How it was delivered, or why it was not. */
      readonly because: string;
    };
