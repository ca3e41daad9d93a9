/*
 * What the load scripts log, because k6's summary has no place for it: messages that begin with `shiproom`, once for each
 * start (options) or once for each virtual user (release, origin).
 */

function messagesIn(log: string, kind: 'options' | 'release' | 'origin'): string[] {
  const prefix = `shiproom ${kind} `;
  return log
    .split('\n')
    .filter((line) => line.includes(prefix))
    .map(messageOf)
    .filter((message) => message.startsWith(prefix))
    .map((message) => message.slice(prefix.length));
}

function messageOf(line: string): string {
  try {
    return String((JSON.parse(line) as { msg?: unknown }).msg);
  } catch {
    return '';
  }
}

/** Releases other than the compared one that answered, by name. */
export const loggedReleases = (log: string): string[] => [...new Set(messagesIn(log, 'release'))];

/** Origins other than the target's that a script of its own asked. */
export const loggedOrigins = (log: string): string[] => [...new Set(messagesIn(log, 'origin'))];

/** How the options that k6 ran with differ from those of the plan. */
export function unplannedOptions(log: string): string[] {
  const [options] = messagesIn(log, 'options');
  if (options === undefined) return ['the load scripts did not report the options of k6'];
  return options === 'as planned' ? [] : [`k6 ran with options that the plan does not set: ${options}`];
}

/** Iterations that were started, the heartbeat's included; undefined where k6 did not print them. */
export function startedIterations(stdout: string): number | undefined {
  const last = [...stdout.matchAll(/(\d+) complete and (\d+) interrupted iterations/g)].at(-1);
  return last ? Number(last[1]) + Number(last[2]) : undefined;
}
