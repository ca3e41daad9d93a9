/** What a service is like, as its target file describes it: how it is probed, how users log in, what its answers look like. */

export const probeMethods = ['GET', 'HEAD', 'OPTIONS', 'POST'] as const;
export type ProbeMethod = (typeof probeMethods)[number];

/** What the body of an answer has to be. */
export type ExpectedBody =
  | { readonly kind: 'any' }
  /** A JSON object that has at least these fields, in the envelope or outside of it. */
  | { readonly kind: 'json'; readonly subset: Readonly<Record<string, unknown>> }
  /** Source and flags of a regular expression. */
  | { readonly kind: 'pattern'; readonly source: string; readonly flags: string };

/** A probe and the answer that it expects. */
export interface Expectation {
  readonly method: ProbeMethod;
  /** From the environment's `api`. */
  readonly path: string;
  readonly statuses: readonly number[];
  readonly body: ExpectedBody;
}

/** The name of a user in the target file: `buyer`, `admin`, … The journeys say which names they need. */
export type UserName = string;

export interface User {
  /** What the user logs in with: an e-mail address or a user name. Empty where the user has a token only. */
  readonly email: string;
  readonly password?: string;
  readonly token?: string;
}

export type OtpDelivery =
  | { readonly from: 'response' }
  | { readonly from: 'fixed'; readonly code: string }
  /** `{email}` in an argument is replaced; the first run of 6 digits on stdout is the code. */
  | { readonly from: 'command'; readonly command: readonly [string, ...string[]] };

/** Where an answer has the tokens, dotted and inside the envelope, and how long an access token lives. */
export interface TokenFields {
  readonly access: string;
  /** Absent where there are no refresh tokens. */
  readonly refresh?: string;
  readonly lifeMs: number;
}

/** How users log in. Paths are complete, from the environment's `api`. */
export type Login =
  | {
      readonly with: 'otp';
      readonly delivery: OtpDelivery;
      readonly request: string;
      readonly verify: string;
      /** Absent where there is no such route. */
      readonly refresh?: string;
      readonly tokens: TokenFields;
    }
  | {
      readonly with: 'password';
      readonly path: string;
      readonly refresh?: string;
      /** Names of the two fields of the request. */
      readonly fields: { readonly user: string; readonly password: string };
      readonly tokens: TokenFields;
    }
  | {
      readonly with: 'token';
      /** Prints the token of {user} and {email}; absent where every user of the target file has a token. */
      readonly command?: readonly [string, ...string[]];
      readonly refresh?: string;
      readonly lifeMs: number;
    }
  | { readonly with: 'none' };

/** The shape of the service's answers. Fields are dotted paths in the body; an absent one does not exist. */
export interface Answers {
  /** The field around the data of an answer; absent where the body is the data. */
  readonly envelope?: string;
  /** Absent where answers carry no request id. */
  readonly requestIdHeader?: string;
  readonly error: {
    readonly code?: string;
    readonly message?: string;
    readonly details?: string;
    readonly requestId?: string;
  };
}

/** A request whose second half is sent after an instance was stopped: a route that reads its body before it answers. */
export interface HalfSent {
  readonly method: string;
  readonly path: string;
  /** The user whose token it has. */
  readonly as?: UserName;
  readonly body: Readonly<Record<string, unknown>>;
  /** Of the answer. */
  readonly status: number;
}

export interface Service {
  readonly health: Expectation;
  /** `none`: there is no such route, and health has to be stable instead. */
  readonly readiness: Expectation | 'none';
  readonly login: Login;
  readonly users: Readonly<Record<UserName, User>>;
  readonly answers: Answers;
  /** Routes that the journeys know and this service does not have: `POST /reviews`, or `/wallet` with everything below it. */
  readonly absentRoutes: readonly string[];
}

/** The probe that shows whether the service may take traffic. */
export const readinessProbe = ({ health, readiness }: Service): Expectation =>
  readiness === 'none' ? health : readiness;

/** Whether the target file says that the service has no such route; `path` without the prefix of the deployment. */
export const isAbsent = ({ absentRoutes }: Pick<Service, 'absentRoutes'>, method: string, path: string): boolean =>
  absentRoutes.some((route) => {
    const [first = '', second] = route.split(' ');
    const absent = second ?? first;
    const sameMethod = second === undefined || first === method;
    return sameMethod && (path === absent || path.startsWith(`${absent}/`));
  });
