/** Colours for light, dark and print. Text has a contrast of at least 4.5 with its background. */
const light = `
  color-scheme: light;
  --page: #f4f5f7; --card: #ffffff; --sunken: #eef0f3;
  --ink: #161b22; --muted: #57606c; --rule: #dde1e7; --link: #0b57c2;
  --good: #0b7a53; --bad: #c0271d; --warn: #8f5200; --on-verdict: #ffffff;
  --limit: #b3261e; --line-1: #0b62a8; --line-2: #c2410c; --line-3: #7a3fa0;`;

const dark = `
  color-scheme: dark;
  --page: #0e1217; --card: #171c23; --sunken: #1f252e;
  --ink: #e7ebf0; --muted: #9ba6b4; --rule: #2f3742; --link: #7db4ff;
  --good: #4ac18e; --bad: #ff8579; --warn: #eeb04f; --on-verdict: #10141a;
  --limit: #ff9a90; --line-1: #6cb6ff; --line-2: #ffa657; --line-3: #d2a8ff;`;

const print = `
  color-scheme: light;
  --page: #fff; --card: #fff; --sunken: #f2f2f2;
  --ink: #000; --muted: #333; --rule: #bbb; --link: #000;
  --good: #000; --bad: #000; --warn: #000; --on-verdict: #000;
  --limit: #000; --line-1: #000; --line-2: #000; --line-3: #000;`;

export const colors = `
:root {${light}
}
@media screen and (prefers-color-scheme: dark) { :root {${dark}
} }
@media print { :root {${print}
} }
`;
