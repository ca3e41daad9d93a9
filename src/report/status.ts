import type { Status } from '../core/status.ts';
import { alignedLines } from './aligned-lines.ts';

type Ink = 'red' | 'green' | 'yellow' | 'dim' | 'bold';
const codes: Record<Ink, number> = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 };

/** What is live in the first line; what to type in the last. */
export function statusLines(status: Status, color: boolean): string[] {
  const paint = (ink: Ink, text: string) => (color ? `\u001B[${codes[ink]}m${text}\u001B[0m` : text);
  const { live, colours, lastRun, lock } = status;
  const rows = (['blue', 'green'] as const).map((name) => {
    const { share, releases, running, places, api } = colours[name];
    return [
      name,
      share === undefined ? '?' : `${share} %`,
      releases.join(', ') || 'empty',
      `${running} of ${places} running`,
      api,
    ];
  });
  return [
    paint(
      'bold',
      `${status.target}: ${live === undefined ? 'traffic is shared, or nobody can say' : `users are on ${live}, ${colours[live].releases.join(', ') || 'which runs nothing'}`}`,
    ),
    ...alignedLines([['colour', 'traffic', 'release', 'instances', 'address'], ...rows]),
    ...(lastRun ? runLines(lastRun, paint) : ['No rollout has touched it.']),
    ...(lock
      ? [
          lock.dead === undefined
            ? paint(
                'yellow',
                `at work    ${lock.owner}, process ${lock.pid} on ${lock.host}, since ${lock.since}: ${lock.reason}`,
              )
            : paint('dim', `lock       left by ${lock.owner}: ${lock.dead}; the next command takes it over`),
        ]
      : []),
    ...status.problems.map((problem) => paint('red', `not seen   ${problem}`)),
    ...status.next.map((command) => `next       ${command}`),
  ];
}

function runLines(run: NonNullable<Status['lastRun']>, paint: (ink: Ink, text: string) => string): string[] {
  const ink = run.open ? 'yellow' : run.phase === 'promoted' ? 'green' : 'red';
  const state = run.open ? `open, ${run.phase === 'rolling-back' ? 'on its way back' : 'on its way'}` : run.phase;
  return [
    `last run   ${run.runId}: ${run.release}, ${run.strategy}, ${paint(ink, state)} since ${run.lastAt}`,
    ...(run.because ? [`           ${run.because}`] : []),
    ...(run.next === undefined ? [] : [`then       ${run.next}`]),
    ...(run.warmUntil === undefined ? [] : [`warm       the previous colour stays ready until ${run.warmUntil}`]),
    `report     ${run.report}`,
  ];
}
