/** What is wrong with a release. Each field is real behaviour that an instance enables at start; absent means healthy. */
export type Defects = {
  /** Every data route waits: mostly `usualMs`, and `tailMs` for the given share of requests. */
  readonly slow?: { readonly usualMs: number; readonly tailMs: number; readonly tailShare: number };
  /** Share of reads (GET on a data route) that end in a 500. */
  readonly readErrorRate?: number;
  /** Share of requests on data routes, of whatever method, that end in a 500. */
  readonly errorRate?: number;
  /** Share of payments that the provider declines. */
  readonly paymentDeclineRate?: number;
  /** Every logged-in user may read and write any job's chat. */
  readonly chatOpen?: boolean;
  /** An OTP stays valid after its first use. */
  readonly otpReusable?: boolean;
  /** A release with a new key pays out again, although the money has left escrow. */
  readonly releaseRepeats?: boolean;
  /** A bid with fields missing is accepted. */
  readonly bidUnchecked?: boolean;
  /** Readiness alternates without end: ready for `readyMs`, then not ready for `notReadyMs`. */
  readonly readinessFlaps?: { readonly readyMs: number; readonly notReadyMs: number };
  /** The database cannot be reached, yet health and readiness answer 200. */
  readonly healthLies?: boolean;
  /** Memory that each data request never releases. */
  readonly leakedBytesPerRequest?: number;
  /** SIGTERM closes every connection, also in the middle of a request. */
  readonly shutdownDrops?: boolean;
};

export type Release = {
  readonly name: string;
  readonly description: string;
  /** The schema version that this release needs; it also runs on a newer, expanded one. */
  readonly schema: number;
  readonly defects: Defects;
  /** The SOP clauses that must catch what is wrong with it. */
  readonly clauses: readonly string[];
  readonly web: 'healthy' | 'broken-button';
};

/**
 * Heap limit of every instance in MB, for `--max-old-space-size`. A healthy instance stays far below it;
 * it is this low so that the leaking release runs out of memory within seconds of load instead of hours.
 */
export const instanceHeapMb = 192;

const next = { schema: 2, defects: {}, web: 'healthy' } as const;

export const releases: readonly Release[] = [
  {
    name: 'freetask@1.4.0',
    description: 'healthy: the release that users have today',
    schema: 1,
    defects: {},
    clauses: [],
    web: 'healthy',
  },
  { ...next, name: 'freetask@1.5.0', description: 'healthy: the next release', clauses: [] },
  { ...next, name: 'freetask@1.6.0', description: 'healthy: the one after it', clauses: [] },
  {
    ...next,
    name: 'freetask@1.5.0-slow',
    description: 'every request waits half a second, one in eight 1.3 s',
    defects: { slow: { usualMs: 480, tailMs: 1300, tailShare: 1 / 8 } },
    clauses: ['3.2a'],
  },
  {
    ...next,
    name: 'freetask@1.5.0-errors',
    description: 'one read in twenty-five ends in a 500',
    defects: { readErrorRate: 1 / 25 },
    clauses: ['3.2d'],
  },
  {
    ...next,
    name: 'freetask@1.5.0-payments',
    description: 'one payment in twelve is declined (402)',
    defects: { paymentDeclineRate: 1 / 12 },
    clauses: ['3.2c'],
  },
  {
    ...next,
    name: 'freetask@1.5.0-chat-open',
    description: 'any user may read and write the chat of any job',
    defects: { chatOpen: true },
    clauses: ['3.1'],
  },
  {
    ...next,
    name: 'freetask@1.5.0-otp-reuse',
    description: 'an OTP can be used twice',
    defects: { otpReusable: true },
    clauses: ['3.1'],
  },
  {
    ...next,
    name: 'freetask@1.5.0-double-release',
    description: 'a second release with a new key moves the money again',
    defects: { releaseRepeats: true },
    clauses: ['3.1'],
  },
  {
    ...next,
    name: 'freetask@1.5.0-bid-unchecked',
    description: 'a bid with missing fields is accepted',
    defects: { bidUnchecked: true },
    clauses: ['3.1'],
  },
  {
    ...next,
    name: 'freetask@1.5.0-readiness-flaps',
    description: 'ready for three seconds, not ready for one, and so on',
    defects: { readinessFlaps: { readyMs: 3000, notReadyMs: 1000 } },
    clauses: ['2.B3b'],
  },
  {
    ...next,
    name: 'freetask@1.5.0-health-lies',
    description: 'health and readiness answer 200 while the database is gone',
    defects: { healthLies: true },
    clauses: ['2.B3b'],
  },
  {
    ...next,
    name: 'freetask@1.5.0-memory-leak',
    description: 'every request keeps memory, until the process dies under load',
    defects: { leakedBytesPerRequest: 192 * 1024 },
    clauses: ['3.2d'],
  },
  {
    ...next,
    name: 'freetask@1.5.0-shutdown-drops',
    description: 'SIGTERM drops the requests in flight',
    defects: { shutdownDrops: true },
    clauses: ['2.R4'],
  },
  {
    ...next,
    name: 'freetask@1.5.0-web-button',
    description: "the web client's button for escrow does nothing",
    web: 'broken-button',
    clauses: ['3.1'],
  },
  {
    ...next,
    name: 'freetask@1.5.0-contract-migration',
    description: 'its migration renames a column that the live release writes',
    schema: 3,
    clauses: ['1.2b'],
  },
];
