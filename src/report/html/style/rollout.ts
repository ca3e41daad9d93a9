/** The bands of a rollout. */
export const rollout = `
.rollout-bands { margin-top: 14px; }
.rollout-bands > svg { height: 120px; }
.rollout-bands .axis span { white-space: nowrap; }
.rollout-bands .old, .swatch.old { fill: var(--line-1); background: var(--line-1); opacity: .28; }
.rollout-bands .new, .swatch.new { fill: var(--good); background: var(--good); opacity: .8; }
.swatch { display: inline-block; width: 14px; height: 10px; border-radius: 2px; vertical-align: 0; }
.rollout-bands .unwatched { fill: var(--warn); opacity: .45; }
.rollout-bands .mark { stroke: currentColor; stroke-width: 2; fill: none; }
.events th.good { color: var(--ink); }
section > h3, section > .scroll { margin-top: 14px; }
`;
