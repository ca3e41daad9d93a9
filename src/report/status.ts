import type { Colour } from '../core/target.ts';

type Ink = 'red' | 'green' | 'yellow' | 'dim' | 'bold';
const codes: Record<Ink, number> = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 };

/** What the status of a target is told from; the flow of that name gathers it. */
export interface StatusFacts {
  readonly target: string;
  readonly live?: Colour;
  readonly colours: Readonly<
    Record<
      Colour,
      {
        readonly share?: number;
        readonly releases: readonly string[];
        readonly running: number;
        readonly places: number;
        readonly api: string;
      }
    >
  >;
  readonly lastRun?: {
    readonly runId: string;
    readonly release: string;
    readonly strategy: string;
    readonly phase: string;
    readonly open: boolean;
    readonly because: string;
    readonly startedAt: string;
    readonly lastAt: string;
    readonly next?: string;
    readonly warmUntil?: string;
    readonly report: string;
  };
  readonly lock?: {
    readonly owner: string;
    readonly host: string;
    readonly pid: number;
    readonly reason: string;
    readonly since: string;
    readonly dead?: string;
  };
  readonly problems: readonly string[];
  readonly next: readonly string[];
}

/** What is live in the first line; what to type in the last. */
export function statusLines(status: StatusFacts, color: boolean): string[] {
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
    ...table([['colour', 'traffic', 'release', 'instances', 'address'], ...rows]),
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

function runLines(run: NonNullable<StatusFacts['lastRun']>, paint: (ink: Ink, text: string) => string): string[] {
  const ink = run.open ? 'yellow' : run.phase === 'promoted' ? 'green' : 'red';
  const state = run.open ? `open, ${run.phase === 'back' ? 'on its way back' : 'on its way'}` : run.phase;
  return [
    `last run   ${run.runId}: ${run.release}, ${run.strategy}, ${paint(ink, state)} since ${run.lastAt}`,
    ...(run.because ? [`           ${run.because}`] : []),
    ...(run.next === undefined ? [] : [`then       ${run.next}`]),
    ...(run.warmUntil === undefined ? [] : [`warm       the previous colour stays ready until ${run.warmUntil}`]),
    `report     ${run.report}`,
  ];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
