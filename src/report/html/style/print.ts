/** Print: black on white, every section expanded, no page break inside a row. */
export const print = `
@page { size: A4; margin: 14mm 12mm; }
@media print {
  body { font-size: 10pt; }
  main, footer, .banner { padding-inline: 0; }
  .banner { background: none; border: 3px solid #000; border-radius: 8px; padding: 10px 16px; }
  .banner h1 { font-size: 40pt; }
  section { border: 0; border-radius: 0; padding: 0; margin-top: 18px; }
  nav { display: none; }
  h2 { border-bottom: 2px solid #000; break-after: avoid; }
  table { font-size: 8.5pt; width: 100%; margin: 0; }
  th, td { padding-inline: 0 10px; }
  .stands-out > *, .stands-out + .details > * { background: none; }
  thead { display: table-header-group; }
  tr, figure, .cards > li { break-inside: avoid; }
  .group { break-after: avoid; }
  .numbers :is(th, td) { padding-block: 2px; }
  .files, .ids, .interval figcaption, .axis, thead th { font-size: 8pt; }
  [data-label=Status] { width: 1%; white-space: nowrap; }
  [data-label=Evidence], [data-label=Actual] { min-width: 36mm; }
  pre { max-height: none; }
  a { text-decoration: none; }
  .bar, .ready { fill: #444; }
  .not-ready { fill: #fff; stroke: #000; stroke-width: 2; vector-effect: non-scaling-stroke; }
  .track, .note, .clause, .beyond, .bar, .ready { print-color-adjust: exact; }
  details::details-content { content-visibility: visible; block-size: auto; }
  summary { list-style: none; }
}
`;
