import type { ClusterSettings } from './cluster.ts';
import type { Colour, Command } from './target.ts';

/** A process of a target's command, distinguished from a later one with its id. It leads a process group of the same number. */
export interface StartedProcess {
  readonly host: string;
  readonly pid: number;
  /** Clock ticks between the start of the machine and that of the process; absent where there is no /proc. */
  readonly startedAtTicks?: string;
}

/** What one call of a driver gets besides its arguments. */
export interface DriverCall {
  /** Aborting it ends the command: SIGTERM, and SIGKILL after a grace. The call then throws ToolError. */
  readonly signal?: AbortSignal | undefined;
  /** Awaited before the command's program is executed, once for each command of the call. */
  readonly onStarted?: ((started: StartedProcess) => void | Promise<void>) | undefined;
}

/** How a target's drivers are set up: its target file parsed, paths absolute. One driver of each module is used. */
export type RouterSettings =
  | ({ readonly driver: 'haproxy' } & HaproxySettings)
  | ({ readonly driver: 'command' } & CommandRouterSettings)
  | ({ readonly driver: 'gateway-api' } & GatewayApiSettings)
  | ({ readonly driver: 'service-selector' } & ServiceSelectorSettings);

/** How the served share is measured: by requests to the public address, distinguished by a header of the answers. */
export interface ShareProbeSettings {
  /** An address that passes the router and is safe to ask often, such as that of the health route. */
  readonly url: string;
  /** Shows the release; each side's own is read from its pods. */
  readonly header: string;
  /** Answers of one measurement. Default 60. */
  readonly answers?: number;
}

export interface GatewayApiSettings {
  readonly cluster: ClusterSettings;
  /** The HTTPRoute. */
  readonly route: string;
  /** Its rule, counted from 0. */
  readonly rule: number;
  /** The Service of each colour; both have to be backends of the rule. */
  readonly backends: Readonly<Record<Colour, string>>;
  readonly probe: ShareProbeSettings;
  /** Field managers, such as that of Argo CD, that own the route and are set up to leave its weights alone. */
  readonly ignoredManagers?: readonly string[];
  /** How long a change may take until it is served. Default 30 s. */
  readonly timeoutMs?: number;
}

export interface ServiceSelectorSettings {
  readonly cluster: ClusterSettings;
  /** The Service that users reach. */
  readonly service: string;
  /** The label of the selector that names the colour, and its two values. Absent: one Deployment, replaced by a rolling update. */
  readonly selector?: { readonly label: string } & Readonly<Record<Colour, string>>;
  readonly probe: ShareProbeSettings;
  /** How long a change may take until it is served. Default 30 s. */
  readonly timeoutMs?: number;
}

export interface HaproxySettings {
  /** The runtime API with `level admin`: a unix socket's path, or an address. */
  readonly socket: string | { readonly host: string; readonly port: number };
  readonly backend: string;
  /** Frontends that send to this backend alone: what they answer themselves, such as a rate limit, is then counted. */
  readonly frontends?: readonly string[];
  /** Names of the servers of each colour, `*` for any characters. Default: blue, blue-*, green, green-*. */
  readonly servers?: Readonly<Record<Colour, readonly string[]>>;
  /** Servers that only a rolling update uses; a shift leaves their state alone. */
  readonly spare: readonly string[];
  /** `cookie`: HAProxy sends a user to the server of his cookie even at weight 0, so a colour without traffic is put into maintenance. */
  readonly affinity: 'none' | 'cookie';
  /** What HAProxy loads at its start (`server-state-file`): with it a reload or a restart keeps the shares. */
  readonly stateFile?: string;
  /** Limit of one line of commands with its answer. Default 10 s. */
  readonly timeoutMs?: number;
}

export interface CommandRouterSettings {
  /** Prints the shares as JSON: `{ "blue": 90, "green": 10 }`, and `members` and `served` where it knows them. */
  readonly read: Command;
  /** {blue} and {green} are percents. */
  readonly set: Command;
  /** {member} and {state}: ready, drain, out. Needed by a rolling update alone. */
  readonly member?: Command;
  /** Limit of `set` and `member`. Default 30 s. */
  readonly timeoutMs?: number;
  /** Limit of `read`. Default 10 s, or `timeoutMs` where that is shorter. */
  readonly readTimeoutMs?: number;
}

/** Where an instance can run. */
export interface PlaceSettings {
  readonly name: string;
  readonly colour: Colour;
  readonly zone?: string;
  /** Empty between two rollouts; used by a rolling one. */
  readonly surge: boolean;
  /** Base address of the instance itself, without a slash at its end. */
  readonly address: string;
}

export type RuntimeSettings =
  | ({ readonly driver: 'process' } & ProcessSettings)
  | ({ readonly driver: 'docker-compose' } & DockerComposeSettings)
  | ({ readonly driver: 'command' } & CommandRuntimeSettings)
  | ({ readonly driver: 'kubernetes' } & KubernetesRuntimeSettings);

export interface KubernetesRuntimeSettings {
  readonly cluster: ClusterSettings;
  /** By colour. `blue` alone: one Deployment, replaced by a rolling update. */
  readonly deployments: { readonly blue: string; readonly green?: string };
  /** Absent: the only container of the pods. */
  readonly container?: string;
  /** The image of a release; {release} and {version}, which is the part of it after the `@`. Absent: a release changes the annotation alone. */
  readonly image?: string;
  /** Of the pod template: holds the release. Default `shiproom/release`; pods without it show it by the tag of their image. */
  readonly annotation?: string;
  /** Of the container, by number or name. Absent: its only port. */
  readonly port?: number | string;
  /** How long a Deployment may take until it is done. Default 10 minutes. */
  readonly timeoutMs?: number;
  /** Limit of each request that reads. Default 10 s. */
  readonly readTimeoutMs?: number;
}

export interface ProcessSettings {
  /** Absolute: one set of files for each place. */
  readonly folder: string;
  readonly command: Command;
  /** {place}, {colour}, {release} and {port} are replaced. */
  readonly env: Readonly<Record<string, string>>;
  readonly places: readonly PlaceSettings[];
}

export interface DockerComposeSettings {
  /** `[docker-compose]`, or `[docker, compose]` where the plugin is installed. */
  readonly compose: Command;
  readonly docker: Command;
  /** Absolute. */
  readonly file: string;
  readonly project: string;
  readonly places: readonly (PlaceSettings & { readonly service: string })[];
  /** Limit of `compose up`, and beyond its grace of `docker stop`. Default 5 minutes: an image may have to be pulled. */
  readonly timeoutMs?: number;
  /** Limit of each command that reads. Default 10 s. */
  readonly readTimeoutMs?: number;
}

export interface CommandRuntimeSettings {
  /** Prints a JSON list: `[{ "name": "blue-1", "running": true, "release": "…" }]`. */
  readonly read: Command;
  /** {place} and {release}. */
  readonly start: Command;
  /** {place} and {graceSeconds}: SIGTERM, waits, SIGKILL; its exit code is the instance's own. */
  readonly stop: Command;
  readonly places: readonly PlaceSettings[];
  /** Limit of `start`, and beyond its grace of `stop`. Default 5 minutes. */
  readonly timeoutMs?: number;
  /** Limit of `read`. Default 10 s. */
  readonly readTimeoutMs?: number;
}

export type MigrationsSettings =
  | ({ readonly driver: 'command' } & CommandMigrationsSettings)
  | ({ readonly driver: 'sql-files' } & SqlFilesSettings);

/** {release} in a command: the one that is being shipped. */
export interface CommandMigrationsSettings {
  /** Prints one line for each migration, in order: its id, and `applied` or `pending`. */
  readonly status: Command;
  readonly up: Command;
  /** {id}: the last migration that stays applied; `0` where none does. */
  readonly down: Command;
  /** Given to `up` and `down` in PGOPTIONS, which libpq and node-postgres read; where a lock is not granted in time they run again. */
  readonly lock?: { readonly timeoutMs: number; readonly retries: number; readonly pauseMs: number };
  /** Limit of `up` and of `down`. Default 15 minutes. */
  readonly timeoutMs?: number;
  /** Limit of `status`. Default 1 minute. */
  readonly readTimeoutMs?: number;
}

export interface SqlFilesSettings {
  /** Absolute; holds `<id>.up.sql` and `<id>.down.sql`, applied in the order of their names, numbers compared as numbers. */
  readonly folder: string;
  readonly databaseUrl: string;
  /** Its rows are the applied migrations. */
  readonly table: string;
  /** How long a statement may wait for a lock before everything behind it would queue up. */
  readonly lockTimeoutMs: number;
  /** Further attempts after the first one. */
  readonly lockRetries: number;
  readonly lockPauseMs: number;
  /** How long another run that holds the migrations of the database is waited for. */
  readonly otherRunMs: number;
  /** How long a statement outside of a transaction (CREATE INDEX CONCURRENTLY) may wait for older transactions. */
  readonly concurrentTimeoutMs: number;
  /** What happens to a pending migration that comes before an applied one. */
  readonly outOfOrder: 'refuse' | 'apply';
}

export type StoreSettings =
  | {
      readonly driver: 'folder';
      /** Absolute. */
      readonly folder: string;
    }
  | { readonly driver: 'postgres'; readonly databaseUrl: string; readonly schema: string }
  | { readonly driver: 'kubernetes'; readonly cluster: ClusterSettings };
