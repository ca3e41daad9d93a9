import type { FoundTools } from '../config/tools.ts';
import type { SmokeEvidence } from '../core/evidence.ts';
import { fillPlaceholders, tokensIn } from '../core/placeholders.ts';
import type { Sessions, Target } from '../core/target.ts';
import { signIn } from '../runners/log-in.ts';
import { runNewman } from '../runners/newman.ts';
import { runPlaywright } from '../runners/playwright.ts';
import type { RunnerContext } from '../runners/runner.ts';
import { systemClock } from '../system/clock.ts';
import { readJson, removeFile, writeTextAtomic } from '../system/files.ts';

/** What one run of the smoke journey needs. */
export interface JourneyContext {
  readonly target: Target;
  readonly tools: FoundTools;
  readonly runner: RunnerContext;
  /** Private file through which the tools of this run share their logins. */
  readonly sessionsFile: string;
  /** Notes how long the journey waited for a rate limit. */
  readonly waited?: (what: string, ms: number) => void;
}

/** How long Playwright's API journey waits for Newman's logins, a rate limit's minute included. */
const sharedLoginMs = 75_000;

/** Clause 3.1. Newman and Playwright at the same time, unless a rate limit is named; Newman's logins serve both. */
export async function runJourney(context: JourneyContext): Promise<SmokeEvidence[]> {
  const { playwright, postmanVariables = {}, playwrightVariables = {} } = context.target.smoke;
  // The markers of an earlier journey: there may be logins to wait for again.
  const marks = [loginsFinished(context.sessionsFile), `${context.sessionsFile}.second.over`];
  await Promise.all(marks.map((mark) => removeFile(mark)));
  const sessions = await signInBefore(context);
  const texts = [...Object.values(postmanVariables), ...Object.values(playwrightVariables)];
  const users = tokensIn(texts);
  const { target, runner, sessionsFile } = context;
  const login = users.length === 0 ? undefined : await signIn(target, { users, sessionsFile }, systemClock, runner);
  context.waited?.('log-in', login?.waitedMs ?? 0);
  if (login?.ok === false) return [notStarted(login.problem)];
  const fill = (variables: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(variables).map(([name, text]) => [name, fillPlaceholders(text, target, login?.sessions ?? {})]),
    );
  const collection = () => runCollection(context, sessions, fill(postmanVariables));
  if (playwright === false) return [await collection()];
  const folder = () => runPlaywrightFolder(context, playwright, fill(playwrightVariables));
  // Under a limit each tool has all of it, one after the other, instead of half of it.
  return target.rateLimit ? [await collection(), await folder()] : Promise.all([collection(), folder()]);
}

/** Without the tokens that it is given by name a journey would fail in other places than the log-in. */
const notStarted = (problem: string): SmokeEvidence => ({
  kind: 'smoke',
  outcome: {
    tool: 'newman',
    version: 'not started',
    command: [],
    exitCode: null,
    signal: null,
    timedOut: false,
    interrupted: false,
    startedAt: new Date(systemClock.now()).toISOString(),
    durationMs: 0,
    stdout: '',
    stderr: '',
  },
  steps: [],
  files: [],
  problems: [problem],
});

/** Only one-time passwords are asked for by the journeys themselves. Who cannot log in here has no session: the journeys report it. */
async function signInBefore({ target, runner, sessionsFile, waited }: JourneyContext): Promise<Sessions> {
  const { login, users } = target.service;
  if (login.with === 'otp' || login.with === 'none') return {};
  for (const user of target.smoke.ours.users.filter((name) => users[name] !== undefined)) {
    const signedIn = await signIn(target, { users: [user], sessionsFile }, systemClock, runner);
    waited?.('log-in', signedIn.waitedMs);
  }
  return (await readJson(sessionsFile)) ?? {};
}

async function runCollection(
  { target, runner, sessionsFile }: JourneyContext,
  sessions: Sessions,
  variables: Readonly<Record<string, string>>,
): Promise<SmokeEvidence> {
  const { ours, postman: collection = ours.postman, postmanEnvironment, postmanData, budgetMs } = target.smoke;
  const environment = {
    ...(postmanEnvironment === undefined ? {} : { environmentFile: postmanEnvironment }),
    ...(postmanData === undefined ? {} : { dataFile: postmanData }),
    variables,
  };
  try {
    return await runNewman(
      { target, collection, sessionsFile, sessions, budgetMs, ...environment, ...expectedRelease(target) },
      runner,
    );
  } finally {
    await writeTextAtomic(loginsFinished(sessionsFile), '');
  }
}

function runPlaywrightFolder(
  { target, tools, runner, sessionsFile }: JourneyContext,
  ownFolder: string | undefined,
  variables: Readonly<Record<string, string>>,
): Promise<SmokeEvidence> {
  const { ours, postman, budgetMs } = target.smoke;
  const projects = target.environment.web === undefined ? ['api'] : ['browser', 'api'];
  return runPlaywright(
    {
      target,
      sessionsFile,
      loginsFinishedFile: loginsFinished(sessionsFile),
      budgetMs,
      folder: ownFolder ?? ours.playwright,
      sessionsWaitMs: postman === undefined ? sharedLoginMs : 0,
      chromium: tools.chromium?.path,
      projects: ownFolder === undefined ? projects : undefined,
      variables,
      ...expectedRelease(target),
    },
    runner,
  );
}

/** A marker beside the sessions file: no further login of the collection is to be expected. */
const loginsFinished = (sessionsFile: string): string => `${sessionsFile}.over`;

export const expectedRelease = ({ environment }: Target): { expectedRelease?: string } =>
  environment.release === undefined ? {} : { expectedRelease: environment.release };
