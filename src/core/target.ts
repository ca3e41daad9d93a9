import type { Command } from './command.ts';
import type { GateId, GateSettings } from './gate.ts';
import type { LoadEngine } from './load-engine.ts';
import type { MetricsSettings } from './metrics-source.ts';
import type { HalfSent, Service, UserName } from './service.ts';
import type { ObjectiveKind } from './slo.ts';

/** A deployed service, as described by its target file (parsed in src/config). */
export type TargetKind = 'embedded' | 'staging' | 'production';
export type Colour = 'blue' | 'green';
export type EnvironmentName = Colour | 'public';

export type { Command } from './command.ts';

export interface Environment {
  readonly name: EnvironmentName;
  /** Base address of the API, without a trailing slash. */
  readonly api: string;
  readonly web?: string;
  /** One address of a Prometheus text page per instance. */
  readonly metrics: readonly string[];
  /** The expected release. */
  readonly release?: string;
  /** Commands that stop and start an instance, to verify its graceful shutdown. */
  readonly shutdown?: { readonly stop: Command; readonly start: Command; readonly request: HalfSent };
}

/** Prefixes of the routes. */
export interface ApiPaths {
  readonly auth: string;
  readonly api: string;
}

/** What shows which release an instance runs. */
export type ReleaseIdentity =
  /** A header of its health answer. */
  | { readonly from: 'header'; readonly name: string }
  /** A field of a JSON answer, dotted: `data.release`. */
  | { readonly from: 'route'; readonly path: string; readonly field: string }
  /** {place} and {address} in an argument are replaced; it prints the release. */
  | { readonly from: 'command'; readonly command: Command }
  /** What the runtime driver reports. */
  | { readonly from: 'runtime' }
  /** Nothing does, and the target file accepts that. */
  | { readonly from: 'none'; readonly because: string };

/** What shows the release, in words. */
export function formatIdentity({ identity }: Pick<Target, 'identity'>): string {
  switch (identity.from) {
    case 'header':
      return identity.name;
    case 'route':
      return `the field ${identity.field} of ${identity.path}`;
    case 'command':
      return `the command ${identity.command[0]}`;
    case 'runtime':
      return 'the runtime';
    case 'none':
      return 'nothing';
  }
}

/** The release header, where that is what shows the release. */
export const releaseHeaderOf = ({ identity }: Pick<Target, 'identity'>): string | undefined =>
  identity.from === 'header' ? identity.name : undefined;

/** Requests of one client address that the service allows, or that its operator wants: every tool stays below it. */
export interface RateLimit {
  readonly requests: number;
  readonly perMs: number;
}

/** A known difference: it is shown as accepted until the end of the day `until`, and fails again after it. */
export interface AcceptedFinding {
  readonly id: string;
  readonly reason: string;
  readonly owner: string;
  /** ISO date, UTC. */
  readonly until: string;
}

/** The files of a journey are absolute paths. */
export interface SmokeSettings {
  readonly budgetMs: number;
  /** The journeys of a target without its own. */
  readonly ours: {
    readonly postman: string;
    readonly playwright: string;
    /** Whose names they know; those whom the target does not have leave their checks out. */
    readonly users: readonly UserName[];
    /** Those of whom only the Playwright folder asks, where both run. */
    readonly second: readonly UserName[];
  };
  readonly postman?: string;
  readonly postmanEnvironment?: string;
  /** CSV or JSON: one iteration for each row. */
  readonly postmanData?: string;
  /** Variables of the collection, with placeholders: core/placeholders.ts. */
  readonly postmanVariables?: Readonly<Record<string, string>>;
  /** A folder of Playwright tests instead of ours; false: only the Postman collection runs. */
  readonly playwright?: string | false;
  /** Environment variables of that folder's tests, with placeholders. */
  readonly playwrightVariables?: Readonly<Record<string, string>>;
}

export interface LoadSettings {
  readonly profile: string;
  readonly rate?: number;
  readonly durationMs?: number;
  /** Why there is no load on this target. */
  readonly off?: string;
  /** A k6 script of the target's own. */
  readonly script?: ForeignScript;
  /** Runs k6 elsewhere; absent: on this machine. */
  readonly engine?: LoadEngine;
}

export interface ForeignScript {
  /** Absolute. */
  readonly path: string;
  /** Whether its own options count, or the plan of the profile replaces them. */
  readonly options: 'kept' | 'replaced';
  /** The script's metric behind each objective, by the id of the objective in the objectives file. */
  readonly metrics: Readonly<Record<string, string>>;
  /** Environment variables of the script, with placeholders. */
  readonly variables: Readonly<Record<string, string>>;
  /** One iteration: its HTTP requests, and how long it may take; absent: the patience of the profiles. */
  readonly iteration: { readonly requests: number; readonly timeMs?: number };
}

export interface Target {
  /** Set where --url and its flags are in the place of a target file. */
  readonly settingsFrom?: 'flags';
  readonly name: string;
  readonly kind: TargetKind;
  readonly environment: Environment;
  readonly paths: ApiPaths;
  readonly service: Service;
  /** Names of the variables passed to the target's commands. */
  readonly env: readonly string[];
  readonly readiness: { readonly stableForMs: number; readonly intervalMs: number; readonly budgetMs: number };
  /** Kinds of objectives that do not apply, and why. An objective of such a kind is neither counted nor judged. */
  readonly inapplicable: Partial<Readonly<Record<ObjectiveKind, string>>>;
  readonly smoke: SmokeSettings;
  readonly identity: ReleaseIdentity;
  /** Absent: those of prom-client, scraped. */
  readonly metrics?: MetricsSettings;
  readonly load: LoadSettings;
  /** Further origins whose answers belong to this target: a payment provider, an identity server. */
  readonly origins: readonly string[];
  readonly accepted: readonly AcceptedFinding[];
  readonly rateLimit?: RateLimit;
  /** Clause 1.1; a gate that is absent is not configured. */
  readonly gates: Partial<Readonly<Record<GateId, GateSettings | { readonly off: string }>>>;
}

/** The tokens of one user, shared by the tools of one run through a private file. */
export interface Session {
  readonly email: string;
  readonly accessToken: string;
  /** Absent where the service has no refresh tokens. */
  readonly refreshToken?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}
export type Sessions = Partial<Record<UserName, Session>>;
