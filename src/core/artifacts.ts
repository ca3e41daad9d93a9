import type { Command } from './command.ts';
import type { EvidenceBase, ToolOutcome } from './evidence.ts';
import type { Unmeasured } from './unmeasured.ts';

/** Clause 1.3: what is built of a release, and what identifies it. */
export interface BuildSettings {
  readonly command: Command;
  /** Absolute. */
  readonly folder: string;
  /** Absolute folders that come before PATH. */
  readonly path: readonly string[];
  readonly timeoutMs: number;
}

export interface BundleSettings extends BuildSettings {
  /** Relative to the folder; `*` for any characters but a slash. Each has to match at least one file. */
  readonly files: readonly string[];
}

/** In every command {tag}, {release} and {version}, what comes after the @ of the release, are replaced. */
export interface ImageSettings extends BuildSettings {
  /** The image's name with its tag; holds {release} or {version}. */
  readonly tag: string;
  /** Prints the digest of the local image with the tag. */
  readonly digest: Command;
  /** Prints the digest of that tag in the registry, or nothing. */
  readonly published?: Command;
  /** Prints the digest of what runs; {place} and {address}. */
  readonly running?: Command;
  /** Limit of each command that reads. */
  readonly readTimeoutMs: number;
}

export interface ArtifactsSettings {
  readonly bundle: BundleSettings | Unmeasured;
  readonly image: ImageSettings | Unmeasured;
}

export interface BuiltFile {
  /** Relative to the folder of the build. */
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** ISO 8601. */
  readonly modifiedAt: string;
}

export interface BuildRecord {
  readonly outcome: ToolOutcome;
  /** The first line of its output that names an error; absent where it succeeded. */
  readonly firstFailure?: string;
}

export interface BundleEvidence extends EvidenceBase, BuildRecord {
  /** One for each pattern of the target file. */
  readonly patterns: readonly { readonly pattern: string; readonly found: readonly BuiltFile[] }[];
}

/** What a command that prints a digest reported. */
export type DigestAnswer = { readonly digest: string } | { readonly absent: true } | { readonly problem: string };

/** The one digest of a release: that of the run which recorded it first. */
export interface RecordedDigest {
  readonly digest: string;
  readonly runId: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface ImageEvidence extends EvidenceBase {
  readonly release: string;
  readonly tag: string;
  /** By an earlier run, on this or another machine; absent where there was none. */
  readonly recorded?: RecordedDigest;
  /** The local image with the tag before the build. */
  readonly before: DigestAnswer;
  /** The tag in the registry before the build; absent where the target file has no command that reads it. */
  readonly published?: DigestAnswer;
  /** Absent where it was not built. */
  readonly build?: BuildRecord;
  /** The local image with the tag after the build; absent where it was not built. */
  readonly built?: DigestAnswer;
  /** What the store holds after this run; absent where nothing was recorded. */
  readonly kept?: RecordedDigest;
}

/** A piece that the target file turns off, or does not mention, has its reason instead of evidence. */
export interface ArtifactsEvidence {
  readonly bundle: BundleEvidence | Unmeasured;
  readonly image: ImageEvidence | Unmeasured;
}

/** What an instance runs: every digest by which its image is known, or why it is not known. */
export type RunningDigest =
  | { readonly place: string; readonly digests: readonly string[] }
  | { readonly place: string; readonly problem: string };

export interface RunningEvidence {
  readonly release: string;
  /** Absent where no preflight recorded one. */
  readonly recorded?: RecordedDigest;
  readonly running: readonly RunningDigest[];
}

const digestPattern = /^(?:[^\s@]+@)?(sha256:[0-9a-f]{64})$/;

/** The digest in `sha256:…` or `name@sha256:…`; undefined in any other text. */
export const digestIn = (text: string): string | undefined => digestPattern.exec(text)?.[1];

/** How docker, buildx, skopeo and registries report an unknown image. */
const absentPattern =
  /\bno such (?:image|object|manifest)\b|\bmanifest (?:is )?(?:unknown|not known)\b|\bmanifest for \S+ not found\b|[^\s:@]+[:@]\S+: not found\s*$/im;

/** What a command that prints a digest reported. Output of any other form proves nothing. */
export function readDigest(
  { exitCode, stdout, stderr }: { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string },
  command: string,
): DigestAnswer {
  const text = stdout.trim();
  if (exitCode === 0) {
    if (text === '') return { absent: true };
    const digest = digestIn(text);
    return digest === undefined
      ? { problem: `\`${command}\` printed no digest (sha256:… of 64 hexadecimal digits): ${text.slice(0, 120)}` }
      : { digest };
  }
  const why = stderr.trim();
  // 126 and 127 are a shell's: the program itself was not found.
  if (exitCode !== null && exitCode < 126 && absentPattern.test(why)) return { absent: true };
  const how = exitCode === null ? 'ended without an exit code' : `ended with exit code ${exitCode}`;
  return {
    problem: `\`${command}\` ${how}: ${(why || text || 'no output')
      .split('\n')[0]
      ?.slice(0, 200)
      .replace(/[.?!]+$/, '')}`,
  };
}

export type BuildDecision =
  | { readonly build: true }
  /** The image that was recorded is there. */
  | { readonly keep: true }
  /** A build would overwrite, or make a second image of the release. */
  | { readonly refuse: true };

/** Whether the image is built: never again where the recorded one is there, and never over another one. */
export function decideBuild({
  recorded,
  before,
  published,
}: Pick<ImageEvidence, 'recorded' | 'before' | 'published'>): BuildDecision {
  if (published && 'problem' in published) return { refuse: true };
  if (!recorded) return { build: true };
  if ('problem' in before) return { refuse: true };
  const known = [before, published].flatMap((answer) => (answer && 'digest' in answer ? [answer.digest] : []));
  if (known.some((digest) => digest !== recorded.digest)) return { refuse: true };
  return known.length > 0 ? { keep: true } : { build: true };
}

/** The image of the release, whether it was built now or before; undefined where there is none. */
export function digestOf({ build, built, before, published }: ImageEvidence): string | undefined {
  const answers = build ? [built] : [before, published];
  return answers.flatMap((answer) => (answer && 'digest' in answer ? [answer.digest] : []))[0];
}

export type Comparison = 'same' | 'other' | 'unknown';

/** Each place: whether it runs the recorded image. One that is known by several digests runs it if one of them is it. */
export const compareDigests = (
  recorded: string,
  running: readonly RunningDigest[],
): readonly { readonly place: string; readonly comparison: Comparison }[] =>
  running.map((each) => ({
    place: each.place,
    comparison:
      'problem' in each || each.digests.length === 0
        ? 'unknown'
        : each.digests.some((digest) => digest === recorded)
          ? 'same'
          : 'other',
  }));

/** `14.1 kB`; units of 1000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}
