/** The traffic chart of a rollout. */
export const rollout = `
.traffic-chart { margin-top: 14px; }
.traffic-chart > svg { height: 120px; }
.traffic-chart .axis span { white-space: nowrap; }
.traffic-chart .old, .swatch.old { fill: var(--line-1); background: var(--line-1); opacity: .28; }
.traffic-chart .new, .swatch.new { fill: var(--good); background: var(--good); opacity: .8; }
.swatch { display: inline-block; width: 14px; height: 10px; border-radius: 2px; vertical-align: 0; }
.traffic-chart .unobserved, .swatch.unobserved { fill: var(--warn); background: var(--warn); opacity: .45; }
.traffic-chart .mark { stroke: currentColor; stroke-width: 2; fill: none; }
.events th.good { color: var(--ink); }
section > h3, section > .scroll { margin-top: 14px; }
`;
