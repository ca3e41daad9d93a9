/** Layout, banner and text. */
export const page = `
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 12px; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
main, footer, .banner { padding-inline: max(16px, calc((100% - 1080px) / 2)); }
main { padding-block: 16px 24px; }
h1, h2, h3, p, ul, ol, dl, dd, figure { margin: 0; padding: 0; }
h2 { font-size: 19px; line-height: 1.3; margin-bottom: 12px; }
h3 { font-size: 15px; line-height: 1.4; }
a { color: var(--link); text-underline-offset: 2px; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .87em; }
pre {
  margin: 8px 0 0; padding: 10px 12px; max-height: 22em; overflow: auto; white-space: pre-wrap;
  background: var(--sunken); border-radius: 6px;
}
summary { cursor: pointer; padding: 4px 0; }
.quiet { color: var(--muted); }
.inline { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 14px; }
.plain { list-style: none; }
.plain > li { padding: 5px 0; }
.icon { width: 1.05em; height: 1.05em; vertical-align: -.16em; flex: none; }
.status { white-space: nowrap; font-weight: 600; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.unsure, .trouble { color: var(--warn); }
.absent > .status, .status.absent { color: var(--muted); }

.banner { background: var(--verdict); color: var(--on-verdict); padding-block: 22px 24px; }
.banner.go { --verdict: var(--good); }
.banner.no-go { --verdict: var(--bad); }
.banner.hold { --verdict: var(--warn); }
.banner h1 {
  font-size: clamp(46px, 9vw, 76px); line-height: 1.05; letter-spacing: -.02em;
  display: flex; align-items: center; flex-wrap: wrap; gap: .22em; margin: 6px 0 8px;
}
.banner h1 .icon { width: .82em; height: .82em; vertical-align: 0; }
.banner .tag { font-size: 16px; letter-spacing: 0; padding: 2px 10px; border: 2px solid currentColor; border-radius: 99px; }
.banner .meaning { font-size: 20px; line-height: 1.35; font-weight: 650; }
.banner .because { font-size: 16px; margin: 4px 0 12px; max-width: 80ch; }
.banner .eyebrow { font-size: 14px; }

section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 18px 20px; margin-top: 16px; }
nav { margin-top: 8px; }
.tally { gap: 6px 22px; font-size: 16px; font-weight: 600; }
footer { padding-block: 0 36px; color: var(--muted); font-size: 13px; }
@media screen and (max-width: 700px) {
  section { padding: 14px; border-radius: 8px; }
  nav .inline { gap: 0 18px; }
  nav a { display: inline-block; padding: 8px 0; }
  summary { padding: 8px 0; }
}
`;
