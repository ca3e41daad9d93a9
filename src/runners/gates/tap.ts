import type { Format } from './format.ts';

/** `not ok 3 - adds # SKIP reason`, indented where it is a subtest; a log may begin a line with `OK`. */
const resultLine =
  /^(\s*)(not )?ok\b(?:\s+(\d+))?(?:\s+-)?\s*(.*?)(?:\s+#\s*([Ss][Kk][Ii][Pp]|[Tt][Oo][Dd][Oo])\b.*)?$/;

/**
 * TAP 13 and 14 (`node --test --test-reporter=tap`): top-level tests count, with their subtests inside. The plan (`1..3`) has to
 * agree with the results, or the run was cut off; a plan of none is a run without tests.
 */
export const tap: Format = {
  endings: [],
  read: ({ stdout }) => {
    const lines = stdout.split('\n');
    const bailed = lines.find((line) => /^\s*Bail out!/.test(line));
    if (bailed !== undefined) return { problem: bailed.trim() };
    const results = lines.flatMap((line) => {
      const match = resultLine.exec(line);
      return match
        ? [{ indent: match[1] ?? '', failed: match[2] !== undefined, name: match[4] ?? '', directive: match[5] }]
        : [];
    });
    const top = results.filter(({ indent }) => indent === '');
    const plan = /^1\.\.(\d+)/m.exec(stdout);
    if (!plan) return { problem: 'its output has no TAP plan (1..N): it did not end by itself' };
    if (Number(plan[1]) !== top.length)
      return { problem: `its plan names ${plan[1]} tests, and ${top.length} have a result` };
    const failed = top.filter((each) => each.failed && each.directive === undefined);
    // The innermost result says what failed; the tests around it only that something did.
    const first = results.find((each) => each.failed && each.directive === undefined);
    return {
      ran: top.filter(({ directive }) => directive === undefined).length,
      failed: failed.length,
      skipped: top.filter(({ directive }) => directive !== undefined).length,
      ...(first ? { firstFailure: first.name } : {}),
    };
  },
};
