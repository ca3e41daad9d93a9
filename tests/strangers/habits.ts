/** In what a server of FreeTask's contract may differ from another, and what may be wrong with it. */
export interface Habits {
  /** Prefix of the routes, and of those of the log-in. */
  readonly api: string;
  readonly auth: string;
  readonly health: string;
  /** `none`: there is no such route. */
  readonly ready: string;
  readonly login: 'otp' | 'password';
  /** Field around the data of an answer; `bare`: none. */
  readonly envelope: string;
  /** `none`: answers have no request id. */
  readonly requestIdHeader: string;
  readonly releaseHeader: string;
  /** `problem`: RFC 9457, application/problem+json. */
  readonly errors: 'freetask' | 'problem';
  readonly metrics: 'prom-client' | 'opentelemetry';
  /**
   * Limit of all routes together, for each client address. `from: excess`: the pause begins with the first call that is too many, so
   * that a slow machine meets the limit as often as a fast one; `first`: a window begins with its first call, as usual.
   */
  readonly limit?: { readonly requests: number; readonly perMs: number; readonly from?: 'excess' | 'first' };
  /** Whether the Close frame of a WebSocket is answered. */
  readonly answersClose: boolean;
  readonly absent: readonly string[];
}

export interface Defects {
  /** Every user may read and write any job's chat. */
  readonly chatOpen?: boolean;
  /** Every client may pay, release and cancel on any job. */
  readonly ownershipUnchecked?: boolean;
  /** A release with a new key pays out again. */
  readonly doubleRelease?: boolean;
  /** Amounts below zero are accepted. */
  readonly negativeAmounts?: boolean;
  /** Every other answer of the health route is 503. */
  readonly unstable?: boolean;
  /** The refusal of an upgrade has no request id. */
  readonly namelessUpgrade?: boolean;
}

export const contractual: Habits = {
  api: '',
  auth: '/auth',
  health: '/healthz',
  ready: '/readyz',
  login: 'otp',
  envelope: 'data',
  requestIdHeader: 'X-Request-Id',
  releaseHeader: 'X-App-Release',
  errors: 'freetask',
  metrics: 'prom-client',
  answersClose: true,
  absent: [],
};

/** Different from the contract's usual in everything at once. */
export const foreign: Habits = {
  api: '/v2',
  auth: '/v2/accounts',
  health: '/internal/live',
  ready: 'none',
  login: 'password',
  envelope: 'bare',
  requestIdHeader: 'X-Correlation-Id',
  releaseHeader: 'X-Version',
  errors: 'problem',
  metrics: 'opentelemetry',
  answersClose: true,
  absent: ['POST /reviews', '/notifications'],
};
