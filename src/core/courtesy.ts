/** What a rollback does for people and never waits for: a message, a ticket, a record in another system. */

/** Name of the environment variable with a token; false where the service asks for none. */
export type TokenName = string | false;

export type SlackSettings =
  | {
      readonly driver: 'slack';
      readonly token: TokenName;
      /** Its id: only posting accepts a name. */
      readonly channel: string;
      /** Base address of the Web API, with a slash at its end. */
      readonly url: string;
    }
  /** Name of the environment variable with the address, which is a secret. */
  | { readonly driver: 'slack-webhook'; readonly webhook: string };

export interface GithubSettings {
  readonly driver: 'github';
  readonly token: TokenName;
  readonly owner: string;
  readonly repository: string;
  readonly labels: readonly string[];
  /** Base address of the API. */
  readonly url: string;
}

export interface SentrySettings {
  readonly driver: 'sentry';
  readonly url: string;
  readonly org: string;
  readonly project: string;
  readonly token: TokenName;
  /** What it calls the target; absent: by its name. */
  readonly environment?: string;
  /** Name of the repository in it. */
  readonly repository?: string;
}

export interface CourtesySettings {
  readonly channel?: SlackSettings;
  readonly tickets?: GithubSettings;
  readonly releases?: SentrySettings;
  /** Address under which reports are published; {run} is replaced by the run's id. */
  readonly reportUrl?: string;
  /** How long what failed is tried again after the rollback. */
  readonly retryMs: number;
}

/** The address of a run's report, from the pattern of `reportUrl`; nothing where there is none. */
export const reportUrlOf = (
  { reportUrl }: Pick<CourtesySettings, 'reportUrl'> = {},
  runId: string,
): { readonly reportUrl?: string } =>
  reportUrl === undefined ? {} : { reportUrl: reportUrl.replaceAll('{run}', runId) };

/** One attempt. */
export interface Attempt {
  readonly signal: AbortSignal;
  /** Limit of each request. */
  readonly timeoutMs: number;
  /** An earlier attempt may have succeeded without this process knowing. */
  readonly uncertain: boolean;
}

/** A message of a channel, as the service names it. */
export interface MessageAddress {
  /** Its id. */
  readonly channel: string;
  readonly ts: string;
}

export type CourtesyOutcome =
  | { readonly done: true; readonly summary: string; readonly url?: string }
  | {
      readonly done: false;
      readonly because: string;
      /** Whether another attempt can succeed without a change of configuration. */
      readonly retry: boolean;
      /** As the service asks. */
      readonly retryAfterMs?: number;
      /** The request may have taken effect all the same. */
      readonly uncertain: boolean;
    };

export type MessageOutcome =
  /** The address of a message that can be changed later. */
  | (Extract<CourtesyOutcome, { done: true }> & { readonly address?: MessageAddress })
  /** `gone`: the message to change does not exist, or cannot be changed any more. */
  | (Extract<CourtesyOutcome, { done: false }> & { readonly gone?: true });

/** A message to a channel of people. Its texts may come from outside. */
export interface ChannelMessage {
  /** Identifies it in the channel's history: one message for each marker. */
  readonly marker: string;
  /** ISO 8601: it was not sent before. */
  readonly notBefore: string;
  /** Differs between two versions of one message; read back to confirm that the last one is shown. */
  readonly revision?: string;
  readonly title: string;
  readonly facts: readonly (readonly [label: string, text: string])[];
  readonly lists: readonly {
    readonly title: string;
    /** Plural: what is counted where not all are shown. */
    readonly noun: string;
    readonly lines: readonly string[];
    /** Lines that are shown at most; 12 by default. */
    readonly most?: number;
    /** Each line begins with a mark of its own. */
    readonly marked?: true;
  }[];
  readonly links: readonly { readonly text: string; readonly url: string }[];
}

/** Markdown of our own, in which texts from outside are escaped already. */
export interface Ticket {
  readonly marker: string;
  /** ISO 8601: it was not opened before. */
  readonly notBefore: string;
  readonly title: string;
  readonly body: string;
}

export interface FailedDeploy {
  readonly runId: string;
  readonly release: string;
  /** Without its suffix `-failed`. */
  readonly environment: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly reportUrl?: string;
}
