import { dirname, join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { paceMs } from '../core/pace.ts';
import type { JourneyStep, SmokeEvidence, ToolOutcome } from '../core/evidence.ts';
import type { Login } from '../core/service.ts';
import { releaseHeaderOf, type Sessions, type Target } from '../core/target.ts';
import { fileExists, readJson, readText, removeFile, writeJsonAtomic } from '../system/files.ts';
import { runTool } from '../system/process.ts';
import { originsOf } from '../core/origins.ts';
import { countRequests } from './newman-child/collection.ts';
import {
  type ChildInput,
  childPartSchema,
  type ChildReport,
  childReportSchema,
  waitMark,
} from './newman-child/contract.ts';
import { collectionVariables, emailsOf, otpOf } from './journey-variables.ts';
import { problemsOf, stepsOf } from './newman-steps.ts';
import { noSuchRoute } from './log-in.ts';
import { waitEvent } from './rate-limit-line.ts';
import type { RunnerContext } from './runner.ts';

export interface NewmanOptions {
  readonly target: Target;
  readonly collection: string;
  readonly environmentFile?: string;
  readonly dataFile?: string;
  /** Variables of a foreign collection, from the target file. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The file through which the tools of a run share their logins; the child's input is written beside it. */
  readonly sessionsFile: string;
  readonly budgetMs: number;
  readonly expectedRelease?: string;
  /** Of users whom the collection does not log in by itself. */
  readonly sessions?: Sessions;
}

const requestTimeoutMs = 15_000;
const childProgram = 'src/runners/newman-child/main.ts';

/** Runs a Postman collection with newman in a process of its own. Never throws for what the collection did. */
export async function runNewman(options: NewmanOptions, context: RunnerContext): Promise<SmokeEvidence> {
  const { target, collection, budgetMs } = options;
  const folder = join(context.runFolder, 'newman');
  const report = join(folder, 'report.json');
  const inputFile = join(dirname(options.sessionsFile), 'newman-input.json');
  // A report of an earlier run must not be taken for this one's.
  await removeFile(report);
  await removeFile(streamOf(report));
  const total = countRequests(await readJson(collection).catch(() => undefined));
  await writeJsonAtomic(inputFile, childInputOf(options, report, context.toolEnv), 0o600);

  let done = 0;
  const outcome = await runTool({
    tool: 'newman',
    version: newmanVersion,
    command: [process.execPath, join(context.projectRoot, 'scripts/run.mjs'), childProgram, inputFile],
    env: context.toolEnv,
    cwd: context.projectRoot,
    stdoutPath: join(folder, 'stdout.log'),
    stderrPath: join(folder, 'stderr.log'),
    timeoutMs: budgetMs,
    signal: context.signal,
    mask: context.mask,
    onLine: (line, stream) => {
      if (stream !== 'stdout') return;
      if (line.startsWith(waitMark)) return context.emit(waitEvent('Postman', line.slice(waitMark.length)));
      done += 1;
      context.emit({ type: 'step-progress', step: 'smoke', text: `Postman: ${line}`, done, of: Math.max(total, done) });
    },
  });
  await removeFile(inputFile);
  return readEvidence(outcome, report, target);
}

/** What the child is to run. */
export function childInputOf(options: NewmanOptions, report: string, commandEnv: Readonly<Record<string, string>>) {
  const { target, collection, budgetMs } = options;
  return {
    collection,
    ...(options.environmentFile === undefined ? {} : { environmentFile: options.environmentFile }),
    ...(options.dataFile === undefined ? {} : { dataFile: options.dataFile }),
    variables: { ...collectionVariables(target, options), ...options.variables },
    otp: otpOf(target),
    commandEnv,
    report,
    stream: streamOf(report),
    sessionsFile: options.sessionsFile,
    emails: emailsOf(target),
    headers: headersOf(target),
    login: loginOf(target),
    timeoutMs: budgetMs,
    requestTimeoutMs: Math.min(requestTimeoutMs, budgetMs),
    delayMs: paceMs(target.rateLimit),
  } satisfies ChildInput;
}

/** Pinned in package.json: a child that cannot start could not report its version. */
const newmanVersion = '6.2.2';

function headersOf(target: Target): ChildInput['headers'] {
  const requestId = target.service.answers.requestIdHeader;
  const release = releaseHeaderOf(target);
  return { ...(requestId === undefined ? {} : { requestId }), ...(release === undefined ? {} : { release }) };
}

function loginOf({ service: { login, answers } }: Target): ChildInput['login'] {
  const { access = 'accessToken', refresh = 'refreshToken' } = 'tokens' in login ? login.tokens : {};
  return {
    ...(login.with === 'otp' ? { verify: login.verify } : {}),
    ...(answers.envelope === undefined ? {} : { envelope: answers.envelope }),
    access,
    refresh,
  };
}

async function readEvidence(outcome: ToolOutcome, reportFile: string, target: Target): Promise<SmokeEvidence> {
  const written = await fileExists(reportFile);
  const report = await readReport(reportFile);
  if (written) await removeFile(streamOf(reportFile));
  const files = [...(written ? ['newman/report.json'] : []), 'newman/stdout.log', 'newman/stderr.log'];
  const { steps, problems } = interpretReport(report, target);
  const { waitedMs = 0 } = report;
  return { kind: 'smoke', outcome, files, steps, origins: originsOf(target), waitedMs, problems };
}

/** The steps that a report shows, and why it may not be believed. */
export function interpretReport(
  report: ChildReport,
  target: Pick<Target, 'environment' | 'origins' | 'smoke' | 'service'>,
): Pick<SmokeEvidence, 'steps' | 'problems'> {
  const limited = logInPaths(target.service.login);
  const isLimited = (url: string) => limited.some((path) => url.endsWith(path));
  const isOwn = target.smoke.postman === undefined;
  const hinted = (step: JourneyStep): JourneyStep =>
    isOwn && step.status === 'fail' && step.httpStatus === 404 && isLimited(step.url ?? '')
      ? { ...step, hint: noSuchRoute }
      : step;
  const steps = stepsOf(report, { isLimited, origins: originsOf(target), isOwn }).map(hinted);
  return { steps, problems: problemsOf(report, steps) };
}

const logInPaths = (login: Login): readonly string[] =>
  login.with === 'otp' ? [login.request, login.verify] : login.with === 'password' ? [login.path] : [];

const streamOf = (report: string): string => `${report}l`;

async function readReport(file: string): Promise<ChildReport> {
  try {
    const json = await readJson(file);
    if (json !== undefined) return childReportSchema.parse(json);
    return await readStream(file, 'newman left no report');
  } catch (error) {
    return readStream(file, `newman's report cannot be read: ${messageOf(error).slice(0, 300)}`);
  }
}

/** What was recorded before newman was killed. A last line that was cut off is left out. */
async function readStream(file: string, problem: string): Promise<ChildReport> {
  const lines = ((await readText(streamOf(file))) ?? '').split('\n');
  const parts = lines.flatMap((line) => {
    const part = childPartSchema.safeParse(parseLine(line));
    return part.success ? [part.data] : [];
  });
  return {
    items: parts.flatMap((part) => ('items' in part ? part.items : [])),
    executions: parts.flatMap((part) => ('execution' in part ? [part.execution] : [])),
    failures: [],
    problems: [problem],
  };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
