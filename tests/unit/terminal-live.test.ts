import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../src/core/events.ts';
import { judgeStage } from '../../src/core/judge/stage.ts';
import { viewStage } from '../../src/core/rollout/view.ts';
import { createTerminal } from '../../src/notifiers/terminal.ts';
import { observation, settings, slos, stage } from './rollout/samples.ts';

const watched = (looks: number): RunEvent => {
  const observations = Array.from({ length: looks }, () => observation({}, { shares: { blue: 90, green: 10 } }));
  const { word, judgements } = judgeStage({ stage, observations, slos, settings });
  return { type: 'stage-observed', word, view: viewStage(stage, observations, settings, judgements) };
};

function terminal(isTty: boolean) {
  let text = '';
  let now = 0;
  const { handle, close } = createTerminal(
    { write: (more) => (text += more), isTty, color: false, columns: 200 },
    () => now,
  );
  return { handle, close, text: () => text, later: (ms: number) => (now += ms) };
}

it('shows the stage, its traffic, the dwell that is left, and each check with its value and bounds', () => {
  const { handle, close, text } = terminal(true);
  handle({ type: 'step-started', step: 'observe', title: 'Observing 10 %' });
  handle(watched(3));
  const shown = stripVTControlCharacters(text());
  expect(shown).toContain('30 s of 60 s observed, 30 s left');
  expect(shown).toContain('90 % blue, 10 % green');
  expect(shown).toMatch(/✔ 5xx at 10 % +0 of 300 5xx, 0 % +truly 0 % to/);
  close();
});

it('draws over itself: every frame is taken back by exactly as many lines as it had', () => {
  const { handle, close, text } = terminal(true);
  handle({ type: 'step-started', step: 'observe', title: 'Observing 10 %' });
  handle(watched(1));
  const before = text().length;
  handle(watched(2));
  const frame = text().slice(before);
  const up = Number(frame.split('A')[0]?.split('[').at(-1));
  expect(up).toBe(frame.slice(frame.indexOf('\u001B[J')).split('\n').length - 1);
  close();
});

it('without a terminal there are whole lines only, one in ten seconds', () => {
  const { handle, close, text, later } = terminal(false);
  handle({ type: 'step-started', step: 'observe', title: 'Observing 10 %' });
  for (let looks = 1; looks <= 4; looks += 1) {
    later(5000);
    handle(watched(looks));
  }
  close();
  expect(text()).not.toContain('\u001B');
  expect(text().match(/observed/g)).toHaveLength(2);
});
