import { toolEnvironment } from '../config/environment.ts';
import { courtesyOf } from '../config/courtesy.ts';
import type { Deployment } from '../config/target-file.ts';
import { type Channel, createChannel } from '../notifiers/index.ts';
import {
  createReleaseTracker,
  createTicketTracker,
  type ReleaseTracker,
  type TicketTracker,
} from '../trackers/index.ts';
import type { Flow } from './flow.ts';

/** Whom a rollback informs and where it is recorded, as the target file sets it up. */
export interface Courtesies {
  readonly channel?: Channel;
  readonly tickets?: TicketTracker;
  readonly releases?: ReleaseTracker;
  /** Address under which reports are published; {run} is replaced by the run's id. */
  readonly reportUrl?: string;
  /** How long what failed is tried again after the rollback. */
  readonly retryMs: number;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The value of an environment variable; an empty one is none. */
export const secretIn =
  (variables: Variables) =>
  (name: string): string | undefined =>
    variables[name] || undefined;

export function createCourtesies(deployment: Deployment, { environment, projectRoot }: Flow): Courtesies {
  const { channel, tickets, releases, reportUrl, retryMs } = courtesyOf(deployment);
  const { variables } = environment;
  const secret = secretIn(variables);
  const context = { env: toolEnvironment(variables, deployment.env), cwd: projectRoot };
  const published = reportUrl ?? jobAddress(variables);
  return {
    retryMs,
    ...(channel ? { channel: createChannel(channel, secret) } : {}),
    ...(tickets ? { tickets: createTicketTracker(tickets, secret) } : {}),
    ...(releases ? { releases: createReleaseTracker(releases, secret, context) } : {}),
    ...(published === undefined ? {} : { reportUrl: published }),
  };
}

/** The page of the GitHub job that runs this, which keeps the report as an artifact. */
const jobAddress = ({
  GITHUB_SERVER_URL: server,
  GITHUB_REPOSITORY: repository,
  GITHUB_RUN_ID: id,
}: Variables): string | undefined =>
  server && repository && id ? `${server}/${repository}/actions/runs/${id}` : undefined;
