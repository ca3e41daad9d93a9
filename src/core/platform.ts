import type { Command } from './target.ts';

/** What a platform that replaces the one instance itself reports, and what a rollout concludes from it. */
export const deploymentStates = ['pending', 'building', 'deploying', 'live', 'failed', 'superseded'] as const;
export type DeploymentState = (typeof deploymentStates)[number];

export interface PlatformDeployment {
  readonly id: string;
  /** A release name, its version, or an image whose tag is one of them; absent where the platform does not report it. */
  readonly release?: string;
  readonly state: DeploymentState;
  /** The platform's own words, of one that failed. */
  readonly reason?: string;
}

export interface PlatformReading {
  /** The newest first. */
  readonly deployments: readonly PlatformDeployment[];
  /** The one that serves users; absent where none does. */
  readonly live?: PlatformDeployment;
}

/** How a platform is set up: its target file parsed. */
export interface PlatformSettings {
  readonly driver: 'command';
  /** Prints the deployments as JSON. */
  readonly read: Command;
  /** {release} and {version}, which is the part of it after the `@`. Starts the deploy, and may print its id. */
  readonly deploy: Command;
  /** {deployment}, {release} and {version} of the deployment to return to. Absent: `deploy` with the previous release. */
  readonly rollback?: Command;
  /** {deployment}: ends a deploy that is in progress. */
  readonly cancel?: Command;
  readonly fields: PlatformFields;
  /** The platform's word for each state; a state that is left out is called as here. */
  readonly states: Readonly<Partial<Record<DeploymentState, readonly string[]>>>;
  /** Time between two readings while a deploy is in progress. */
  readonly pollMs: number;
  /** Time from the trigger until the deployment is live. */
  readonly liveWithinMs: number;
  /** Answers in a row that have to show the release. */
  readonly answers: number;
  /** Limit of `deploy`, `rollback` and `cancel`. Default 2 minutes. */
  readonly timeoutMs?: number;
  /** Limit of `read`. Default 30 s. */
  readonly readTimeoutMs?: number;
}

/** Dotted fields of the JSON; an index counts from 0: `spec.services.0.image.tag`. */
export interface PlatformFields {
  /** The list in what `read` prints; empty: all of it. */
  readonly deployments: string;
  /** Of a deployment in the list. */
  readonly id: string;
  readonly release: string;
  readonly state: string;
  readonly reason: string;
  /** A time or a number that rises with each deployment; absent: the newest one comes first. */
  readonly createdAt?: string;
  /** The id of the live one in what `read` prints; absent: the newest one whose state is live. */
  readonly live?: string;
  /** The id in what `deploy` and `rollback` print; absent: a single word is the id. */
  readonly triggered?: string;
}

/** What comes after the `@` of a release name, as the tag of an image; all of it where there is none. */
export const versionOf = (release: string): string => release.slice(release.lastIndexOf('@') + 1);

/** Whether a deployment is one of this release; undefined where the platform does not report it. */
export function isOfRelease({ release: reported }: PlatformDeployment, release: string): boolean | undefined {
  if (reported === undefined) return undefined;
  const name = reported.replace(/@sha256:[0-9a-f]+$/, '');
  const tag = /:([^/:]+)$/.exec(name)?.[1];
  return [name, tag].some((each) => each === release || each === versionOf(release));
}

export const isInProgress = ({ state }: PlatformDeployment): boolean =>
  state === 'pending' || state === 'building' || state === 'deploying';

/** `d-12 (freetask@1.5.0)`. */
export const describeDeployment = ({ id, release }: PlatformDeployment): string =>
  release === undefined ? id : `${id} (${release})`;

/** A rollout as far as its deployment is found by it. */
export interface Sought {
  readonly release: string;
  readonly previousRelease?: string | undefined;
  /** As listed before the rollout: the live one and the newest one. */
  readonly before: { readonly live: string; readonly newest: string };
  /** The id of the rollout's own deployment, where it is known. */
  readonly deployment?: string | undefined;
  /** The deploy may have been triggered: a newer deployment whose release is not reported is then taken for it. */
  readonly triggered: boolean;
  /** The same of the rollback, and the id that its command printed. */
  readonly returned?: { readonly deployment?: string | undefined } | undefined;
}

/** What a platform's word means for a rollout. */
export interface Situation {
  /** What serves users: the release, the previous one, another one that the rollout does not know, or nothing. */
  readonly live: 'release' | 'previous' | 'other' | 'none';
  readonly liveDeployment?: PlatformDeployment;
  /** The rollout's own deployment. */
  readonly own?: PlatformDeployment;
  /** The newest deployment of the previous release that came after the rollout's own. */
  readonly back?: PlatformDeployment;
  /** A newer deployment of another release that is in progress. */
  readonly foreign?: PlatformDeployment;
}

export function situationOf({ deployments, live }: PlatformReading, sought: Sought): Situation {
  const { release, previousRelease, before, deployment, triggered, returned } = sought;
  // Of a list that does not reach back so far, all are newer.
  const known = deployments.findIndex(({ id }) => id === before.newest);
  const newer = known < 0 ? deployments.filter(({ id }) => id !== before.live) : deployments.slice(0, known);
  const own =
    newer.find(({ id }) => id === deployment) ??
    newer.find((each) => isOfRelease(each, release)) ??
    (triggered ? newer.find((each) => isOfRelease(each, release) === undefined) : undefined);
  const isOwn = (each: PlatformDeployment) => each.id === own?.id || isOfRelease(each, release) === true;
  const after = newer.slice(0, own ? newer.indexOf(own) : newer.length);
  const isReturn = (each: PlatformDeployment) =>
    returned !== undefined && (each.id === returned.deployment || (!each.release && after.includes(each)));
  const isPrevious = (each: PlatformDeployment) =>
    each.id === before.live ||
    isReturn(each) ||
    (previousRelease !== undefined && isOfRelease(each, previousRelease) === true);
  const back = after.find(isPrevious);
  const foreign = newer.find((each) => isInProgress(each) && !isOwn(each) && !isPrevious(each));
  const word = !live ? 'none' : isPrevious(live) ? 'previous' : isOwn(live) ? 'release' : 'other';
  return {
    live: word,
    ...(live ? { liveDeployment: live } : {}),
    ...(own ? { own } : {}),
    ...(back ? { back } : {}),
    ...(foreign ? { foreign } : {}),
  };
}
