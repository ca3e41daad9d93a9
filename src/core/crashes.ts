import type { EvidenceBase } from './evidence.ts';

/** Where crashes of the app are read, as the target file sets it up. */
export interface CrashlyticsSettings {
  /** `1:123:android:abc`; its second part is the number of the project. */
  readonly app: string;
  /** Pattern of the version's display name: {release}, {version} and {build} are replaced. */
  readonly version: string;
  /** Base address of the API. */
  readonly url: string;
  readonly auth:
    /** Name of the environment variable with an access token; false where the service asks for none. */
    | { readonly token: string | false }
    /** Name of the environment variable with the path of a service account's key file. */
    | { readonly credentials: string };
}

/** One issue of Crashlytics. Its texts come from outside. Counts are of the interval and the version that were asked for. */
export interface CrashIssue {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  readonly errorType: string;
  readonly state: string;
  readonly firstSeenVersion: string;
  readonly signals: readonly string[];
  readonly events: number;
  readonly users: number;
  readonly uri?: string;
}

/** Events of one version in the interval, of whatever type. */
export interface CrashVersion {
  readonly name: string;
  readonly events: number;
}

export interface CrashReport {
  readonly app: string;
  /** Display name of the release's version, `1.5.0 (45)`. */
  readonly version: string;
  /** ISO 8601. */
  readonly from: string;
  readonly to: string;
  /** Fatal issues with events of this version. */
  readonly issues: readonly CrashIssue[];
  /** Every version with events: that of the release is among them where its reports arrive. */
  readonly versions: readonly CrashVersion[];
}

/** An operator's own review: who, and what was reviewed. */
export interface Attestation {
  readonly by: string;
  readonly reviewed: string;
}

/** Clause 3.3b. */
export interface CrashesEvidence extends EvidenceBase {
  readonly kind: 'crashes';
  readonly release: string;
  /** Absent where the API was not asked or did not answer; `problems` has the reason. */
  readonly report?: CrashReport;
  readonly attestation?: Attestation;
}

/** Why an issue counts against the release; undefined where it is known from earlier versions. */
export function noveltyOf(
  { firstSeenVersion, signals }: Pick<CrashIssue, 'firstSeenVersion' | 'signals'>,
  version: string,
): 'new' | 'regressed' | undefined {
  if (firstSeenVersion === version || signals.includes('SIGNAL_FRESH')) return 'new';
  return signals.includes('SIGNAL_REGRESSED') ? 'regressed' : undefined;
}

const releaseParts = /^(?:(?<name>.+)@)?(?<version>[^+]+)(?:\+(?<build>.+))?$/;

/** The display name of a release's version. `app@1.5.0+45` by `{version} ({build})` is `1.5.0 (45)`; a problem where a part is missing. */
export function displayVersion(pattern: string, release: string): string | { readonly problem: string } {
  const { version, build } = releaseParts.exec(release)?.groups ?? {};
  const parts: Readonly<Record<string, string | undefined>> = { release, version, build };
  let missing: string | undefined;
  const filled = pattern.replaceAll(/\{(release|version|build)\}/g, (whole, part: string) => {
    missing ??= parts[part] === undefined ? whole : undefined;
    return parts[part] ?? '';
  });
  return missing === undefined
    ? filled
    : { problem: `crashlytics.version needs ${missing}, and the release ${release} does not have it` };
}
