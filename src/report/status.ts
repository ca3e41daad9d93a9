import { describeDecision } from '../core/rollout/decided.ts';
import { describeDeployment } from '../core/platform.ts';
import { describeShares } from '../core/rollout/step.ts';
import { formatMs } from '../core/slo.ts';
import type { Status } from '../core/status.ts';
import { alignedLines } from './aligned-lines.ts';

type Ink = 'red' | 'green' | 'yellow' | 'dim' | 'bold';
type Paint = (ink: Ink, text: string) => string;
const codes: Record<Ink, number> = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 };

/** The live release in the first line, the commands that apply now in the last ones. */
export function statusLines(status: Status, color: boolean): string[] {
  const paint: Paint = (ink, text) => (color ? `\u001B[${codes[ink]}m${text}\u001B[0m` : text);
  const { target, lastRun, waiting, lock, problems, next } = status;
  return [
    paint('bold', `${target}: ${trafficOf(status)}`),
    ...(status.colours
      ? alignedLines([['colour', 'traffic', 'release', 'instances', 'address'], ...colourRows(status.colours)])
      : []),
    ...(status.platform ? platformLines(status.platform) : []),
    ...(lastRun ? runLines(lastRun, paint) : ['last run   none']),
    ...(waiting ? waitingLines(waiting, paint) : []),
    ...(lock ? [lockLine(lock, paint)] : []),
    ...problems.map((problem) => paint('red', `error      ${problem}`)),
    ...next.map((command) => `try        ${command}`),
  ];
}

function trafficOf({ live, colours, shares, platform }: Status): string {
  if (platform)
    return platform.live ? `live is ${describeDeployment(platform.live)}, by the platform` : 'nothing is live';
  if (live !== undefined && colours)
    return `live is ${live}, ${colours[live]?.releases.join(', ') || 'no release running'}`;
  return shares ? `traffic is split, ${describeShares(shares)}` : 'traffic is unknown';
}

function platformLines({ deployments, api }: NonNullable<Status['platform']>): string[] {
  const rows = deployments.map(({ id, release, state, reason }) => [id, release ?? 'unknown', state, reason ?? '']);
  return [...alignedLines([['deployment', 'release', 'state', 'reason'], ...rows]), `address    ${api}`];
}

const colourRows = (colours: NonNullable<Status['colours']>): string[][] =>
  (['blue', 'green'] as const).flatMap((name) => {
    const colour = colours[name];
    if (!colour) return [];
    const { share, releases, running, places, api } = colour;
    const weight = share === undefined ? 'unknown' : `${share} %`;
    return [[name, weight, releases.join(', ') || 'none', `${running} of ${places} running`, api]];
  });

function runLines(run: NonNullable<Status['lastRun']>, paint: Paint): string[] {
  const isGo = run.phase === 'promoted' && (run.verdict ?? 'GO') === 'GO';
  const ink = run.open || run.verdict === 'HOLD' ? 'yellow' : isGo ? 'green' : 'red';
  const verdict = run.phase === 'promoted' && run.verdict !== undefined ? `, ${run.verdict}` : '';
  const state = `${run.open ? 'open, ' : ''}${run.phase.replaceAll('-', ' ')}${verdict}`;
  return [
    `last run   ${run.runId}: ${run.release}, ${run.strategy}, ${paint(ink, state)} since ${run.lastAt}`,
    ...(run.because ? [`           ${run.because}`] : []),
    ...(run.decidedBy === undefined ? [] : [`           ${run.decidedBy}`]),
    ...(run.next === undefined ? [] : [`next step  ${run.next}`]),
    ...(run.stage ? stageLines(run.stage) : []),
    ...(run.decisions ?? []).map((decision) => `decided    ${decision.at}: ${describeDecision(decision, formatMs)}`),
    ...(run.warmUntil === undefined ? [] : [`keep warm  the previous colour stays ready until ${run.warmUntil}`]),
    `report     ${run.report}`,
  ];
}

function waitingLines({ runId, release, because, report }: NonNullable<Status['waiting']>, paint: Paint): string[] {
  return [
    `preflight  ${runId}: ${release}, ${paint('yellow', 'waiting')}, nothing of it was shipped`,
    `           ${because ?? 'interrupted before its end'}`,
    ...(because === undefined ? [] : [`report     ${report}`]),
  ];
}

function stageLines(stage: NonNullable<NonNullable<Status['lastRun']>['stage']>): string[] {
  const { isWatch, share, observedMs, untilMs, until, word, open, digest } = stage;
  const name = isWatch ? 'watch' : `${share} %`.padEnd(5);
  const progress = `${formatMs(observedMs)} of ${formatMs(untilMs)} observed`;
  const end = observedMs < untilMs ? `, until ${until} at the earliest` : ', complete';
  return [
    `${name.padEnd(9)}  ${progress}${end}; ${word} so far`,
    ...open.map((each) => `open       ${each}`),
    `evidence   ${digest}`,
  ];
}

function lockLine({ owner, host, pid, reason, since, dead }: NonNullable<Status['lock']>, paint: Paint): string {
  return dead === undefined
    ? paint('yellow', `lock       held by ${owner}, process ${pid} on ${host}, since ${since}: ${reason}`)
    : paint('dim', `lock       stale, owner ${owner}: ${dead}; the next command takes it over`);
}
