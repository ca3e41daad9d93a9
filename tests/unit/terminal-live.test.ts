import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/events.ts';
import { judgeStage } from '../../src/core/judge/stage.ts';
import { viewStage } from '../../src/core/rollout/view.ts';
import { createTerminal } from '../../src/notifiers/terminal.ts';
import { until } from './rollout/execute-plan.ts';
import { blueGreen, observation, settings, slos, stage } from './rollout/samples.ts';

const observed = (count: number, next = 'observe 10'): RunEvent => {
  const observations = Array.from({ length: count }, () => observation({}, { shares: { blue: 90, green: 10 } }));
  const { word, judgements } = judgeStage({ stage, observations, slos, settings });
  return {
    type: 'stage-observed',
    word,
    view: viewStage(stage, { ...until(blueGreen(), next), observations }, judgements),
  };
};
const started: RunEvent = { type: 'step-started', step: 'observe', title: 'Observing 10 %' };

async function terminal({ isTty, columns = 200 }: { readonly isTty: boolean; readonly columns?: number }) {
  let text = '';
  let now = 0;
  const write = (chunk: Buffer, _: string, done: () => void) => {
    text += chunk.toString();
    done();
  };
  const stream = Object.assign(new Writable({ write }), { columns, rows: 50, isTTY: isTty });
  const { handle, close } = await createTerminal(stream, { isTty, color: false }, () => now);
  return { handle, close, text: () => text, advance: (ms: number) => (now += ms) };
}

/** The rows that a terminal shows after this output, by the control sequences that a redrawn region needs. */
function screen(output: string): string[] {
  const rows = [''];
  let row = 0;
  let column = 0;
  // oxlint-disable-next-line no-control-regex -- control sequences are what this reads
  for (const [token, count = '', command] of output.matchAll(/\u001B\[\??([\d;]*)([A-Za-z])|[^]/gu)) {
    if (command === undefined && token === '\n') [row, column] = [row + 1, 0];
    else if (command === undefined) {
      rows[row] = (rows[row] ?? '').padEnd(column).slice(0, column) + token + (rows[row] ?? '').slice(column + 1);
      column += 1;
    } else if (command === 'A') row -= Number(count || 1);
    else if (command === 'B') row += Number(count || 1);
    else if (command === 'G') column = Number(count || 1) - 1;
    else if (command === 'K') rows[row] = count === '2' ? '' : (rows[row] ?? '').slice(0, column);
    else if (command !== 'h' && command !== 'l') throw new Error(`unknown control sequence ${JSON.stringify(token)}`);
  }
  return rows.map((each) => (each ?? '').trimEnd());
}

it('shows the stage, its traffic, the remaining dwell, and each check with its value and bounds', async () => {
  const { handle, close, text } = await terminal({ isTty: true });
  handle(started);
  handle(observed(4));
  const shown = stripVTControlCharacters(text());
  expect(shown).toContain('40 s of 60 s observed, 20 s remaining');
  expect(shown).toContain('90 % blue, 10 % green');
  expect(shown).toMatch(/✔ 5xx at 10 % +5xx 0 % \[0 %, 0\.\d+ %\], n = 800/);
  close();
});

it('shows how far the watch is, and what is proved', async () => {
  const { handle, close, text } = await terminal({ isTty: true });
  handle({ type: 'step-started', step: 'watch', title: 'Watch' });
  handle(observed(2, 'watch'));
  const shown = stripVTControlCharacters(text());
  expect(shown).toContain('20 s of 2 min observed, 100 s remaining');
  expect(shown).toMatch(/ watch {2}.*\n.*\n +proved {3}\d of 4, \d open/);
  close();
});

it.each([200, 40])(
  'at %i columns every frame replaces the one before, and lines that stay are above it',
  async (columns) => {
    const { handle, close, text } = await terminal({ isTty: true, columns });
    handle({ type: 'note', text: 'first' });
    handle(started);
    handle(observed(1));
    handle({ type: 'note', text: 'second' });
    handle(observed(2));
    const during = screen(text());
    expect(during.slice(0, 3)).toEqual(['  first', '  second', '  › Observing 10 %  0 s']);
    expect(during.join(' ').match(/remaining/g)).toHaveLength(1);
    close();
    handle({ type: 'note', text: 'third' });
    expect(screen(text()).join('\n').trimEnd()).toBe('  first\n  second\n  third');
  },
);

it('without a terminal there are whole lines only, at most one in ten seconds', async () => {
  const { handle, close, text, advance } = await terminal({ isTty: false });
  handle(started);
  for (let count = 1; count <= 4; count += 1) {
    advance(5000);
    handle(observed(count));
  }
  close();
  expect(text()).not.toContain('\u001B');
  expect(text().match(/observed/g)).toHaveLength(2);
});

it('without a terminal a line that has not changed is printed once', async () => {
  const { handle, close, text, advance } = await terminal({ isTty: false });
  handle(started);
  for (const status of [503, 503, 503, 500, 503]) {
    advance(20_000);
    handle({ type: 'step-progress', step: 'readiness', text: `it answered ${status}` });
  }
  close();
  expect(text().match(/it answered \d+/g)).toEqual(['it answered 503', 'it answered 500', 'it answered 503']);
});
