/** Tables, cards and charts. */
export const components = `
.cards { list-style: none; display: grid; gap: 12px; }
.cards > li { border-left: 4px solid var(--bad); padding: 2px 0 2px 14px; }
.hold ~ main .cards > li { border-color: var(--warn); }
.cards h3 { font-size: 16px; }
.cards h3 a { color: inherit; margin-left: 4px; }
.versus { margin: 2px 0; }
:is(p, li, [data-label=Check]) > .ids::before { content: 'request'; color: var(--muted); }
.ids code { user-select: all; color: var(--muted); }
.note { border-left: 4px solid var(--warn); background: var(--sunken); padding: 10px 14px; border-radius: 0 6px 6px 0; margin: 12px 0 4px; }
.note ul { padding-left: 18px; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 10px 20px; }
.facts dt { color: var(--muted); font-size: 13px; }
.failures { list-style: none; margin: 4px 0; }
.failures > li { color: var(--bad); padding-left: 14px; text-indent: -14px; }
.failures > li::before { content: '✕ '; }

table { width: calc(100% + 20px); margin-inline: -10px; border-collapse: collapse; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 8px 10px; border-top: 1px solid var(--rule); }
thead th { border-top: 0; white-space: nowrap; color: var(--muted); font-weight: 500; font-size: 13px; padding-block: 0 6px; }
tbody th { font-weight: 500; }
.group th { padding-block: 16px 6px; font-weight: 650; border-top: 2px solid var(--rule); }
tbody:first-of-type .group th { padding-top: 8px; }
.sop th { font-size: 16px; font-weight: 650; border-top: 0; padding-block: 18px 2px; }
.group .status { min-width: 8.2em; display: inline-block; }
.clause-index { gap: 2px 14px; margin-bottom: 14px; }
.clause-index .absent { color: var(--muted); }
.clause-index a { color: inherit; text-decoration: none; font-weight: 600; white-space: nowrap; }
.stands-out > * { background: color-mix(in srgb, var(--bad) 5%, var(--card)); }
.stands-out + .details > * { border-top: 0; background: color-mix(in srgb, var(--bad) 5%, var(--card)); padding-top: 0; }
.clause { display: inline-block; min-width: 2.6em; padding: 0 6px; margin-right: 4px; background: var(--sunken); border-radius: 4px; font-weight: 650; text-decoration: none; }
.anchor { color: inherit; font-weight: 600; text-decoration: none; }
.anchor:hover { text-decoration: underline; }
tr:target, li:target { outline: 2px solid var(--link); outline-offset: 3px; border-radius: 2px; }
.nowrap, .number, .numbers td, .numbers th { white-space: nowrap; }
.scroll { overflow-x: auto; }
.clauses td:nth-child(1) { width: 118px; }
.clauses td:nth-child(2) { width: 34%; }
.clauses td:nth-child(3) { width: 25%; }
.clauses td:nth-child(4) { width: 16%; }
.files, .ids { gap: 0 12px; font-size: 13px; }

.interval { margin-top: 6px; max-width: 260px; }
.interval svg { display: block; width: 100%; height: auto; overflow: visible; }
.interval figcaption { color: var(--muted); font-size: 12.5px; line-height: 1.4; }
.track { fill: var(--sunken); }
.interval .track { stroke: var(--rule); stroke-width: .5; }
.beyond { fill: var(--limit); opacity: .16; }
.bar { fill: var(--line-1); }
.limit { stroke: var(--limit); stroke-width: 2; fill: none; }
.rollback { stroke: var(--limit); stroke-width: 1.2; stroke-dasharray: 3 2; fill: none; }

.chart { margin-top: 18px; }
.chart h3 { display: inline; }
.chart svg { display: block; width: 100%; height: auto; }
.chart .narrow { display: none; }
.legend { float: right; font-size: 13px; }
.legend svg { display: inline-block; width: 26px; height: 8px; vertical-align: 2px; }
.strip { margin-bottom: 16px; }
.strip > svg { display: block; width: 100%; height: 34px; margin-top: 6px; background: var(--sunken); border-radius: 4px; }
.ready { fill: var(--good); }
.not-ready { fill: var(--bad); }
.axis { display: flex; justify-content: space-between; gap: 12px; font-size: 12.5px; }
.axis span:nth-child(odd) { white-space: nowrap; }
.timeline svg { display: block; width: 100%; height: 12px; margin-top: 5px; }
.timeline th[scope=row] { width: 26%; }
.timeline :is(th, td):last-child { width: 84px; text-align: right; }
.journey + .journey { border-top: 1px solid var(--rule); margin-top: 10px; padding-top: 8px; }
.steps { margin-top: 6px; }
.steps td:nth-child(1) { width: 112px; }

@media screen and (max-width: 700px) {
  .chart .wide { display: none; }
  .chart .narrow { display: block; }
  .chart .legend { float: none; margin-top: 2px; }
  .cards-when-narrow thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .cards-when-narrow, .cards-when-narrow tbody, .cards-when-narrow tr { display: block; }
  table.cards-when-narrow { width: 100%; margin-inline: 0; }
  .cards-when-narrow tr { border-top: 1px solid var(--rule); padding: 10px 0; }
  .cards-when-narrow tr.group { border-top-width: 2px; padding: 14px 0 8px; }
  .cards-when-narrow :is(td, th) { display: block; width: auto !important; border: 0; padding: 2px 0; }
  .cards-when-narrow .stands-out > *, .cards-when-narrow .details > * { background: none; }
  .cards-when-narrow .details { border: 0; padding-top: 0; }
  .cards-when-narrow td:empty { display: none; }
  .cards-when-narrow td[data-label]::before { content: attr(data-label) ': '; color: var(--muted); }
  .cards-when-narrow td:is([data-label=Status], [data-label=Check], [data-label=Step])::before { content: none; }
  .steps.cards-when-narrow td:is([data-label=HTTP], [data-label=Took]) { display: inline-block; margin-right: 16px; }
  .interval { max-width: none; }
}
`;
