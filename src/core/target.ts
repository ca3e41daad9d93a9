import type { ObjectiveKind } from './slo.ts';
/** A deployed FreeTask, as described by its target file (parsed in src/config). */
export type TargetKind = 'embedded' | 'staging' | 'production';
export type Colour = 'blue' | 'green';
export type EnvironmentName = Colour | 'public';

/** argv; no shell is involved. */
export type Command = readonly [string, ...string[]];

export interface Environment {
  readonly name: EnvironmentName;
  /** Base address of the API, without a trailing slash. */
  readonly api: string;
  readonly web?: string;
  /** One address of a Prometheus text page per instance. */
  readonly metrics: readonly string[];
  /** The expected X-App-Release. */
  readonly release?: string;
  /** Commands that stop and start an instance, to verify its graceful shutdown. */
  readonly shutdown?: { readonly stop: Command; readonly start: Command };
}

export interface ApiPaths {
  readonly auth: string;
  readonly api: string;
  readonly health: string;
  readonly ready: string;
}

export type OtpDelivery =
  | { readonly from: 'response' }
  | { readonly from: 'fixed'; readonly code: string }
  /** `{email}` in an argument is replaced; the first run of 6 digits on stdout is the code. */
  | { readonly from: 'command'; readonly command: Command };

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

export const defaultIdentity: ReleaseIdentity = { from: 'header', name: 'X-App-Release' };

export interface Target {
  readonly name: string;
  readonly kind: TargetKind;
  readonly environment: Environment;
  readonly paths: ApiPaths;
  readonly users: { readonly client: string; readonly freelancer: string };
  readonly otp: OtpDelivery;
  /** Names of the variables passed to the target's commands. */
  readonly env: readonly string[];
  readonly readiness: { readonly stableForMs: number; readonly intervalMs: number; readonly budgetMs: number };
  /** Kinds of objectives that do not apply, and why. An objective of such a kind is neither counted nor judged. */
  readonly inapplicable: Partial<Readonly<Record<ObjectiveKind, string>>>;
  readonly smoke: {
    readonly budgetMs: number;
    readonly postman?: string;
    readonly postmanEnvironment?: string;
    /** A folder of Playwright tests instead of smoke/; false: only the Postman collection runs. */
    readonly playwright?: string | false;
  };
  readonly identity?: ReleaseIdentity;
  readonly load: { readonly profile: string; readonly rate?: number; readonly durationMs?: number };
}

/** Access and refresh tokens of the two users of the journey, shared by the tools of one run through a private file. */
export interface Session {
  readonly email: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}
export type Role = 'client' | 'freelancer';
export type Sessions = Partial<Record<Role, Session>>;
