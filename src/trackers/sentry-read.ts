import { z } from 'zod';
import type { Attempt, SentrySettings } from '../core/courtesy.ts';
import { parseJson } from '../core/parsed-json.ts';
import type { TrackedDeploy, TrackedRelease } from '../core/tracked-release.ts';
import { ask } from '../system/http.ts';

/** What Sentry's API has, or why it could not be read. */
export type Read<T> = { readonly value: T } | { readonly problem: string; readonly retry: boolean };

export interface SentryReader {
  /** undefined for a release that Sentry does not know. */
  readonly release: (version: string, attempt: Attempt) => Promise<Read<TrackedRelease | undefined>>;
  /** The last deploy of each environment: earlier ones are not listed. */
  readonly deploys: (version: string, attempt: Attempt) => Promise<Read<readonly TrackedDeploy[]>>;
}

const date = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'a date');
const releaseSchema = z.object({
  version: z.string(),
  dateCreated: date,
  dateStarted: date.nullish(),
  dateReleased: date.nullish(),
  commitCount: z.int().nonnegative().nullish(),
  lastCommit: z.object({ id: z.string() }).nullish(),
  projects: z.array(z.object({ slug: z.string() })),
});
const deploysSchema = z.array(
  z.object({
    environment: z.string(),
    name: z.string().nullish(),
    dateStarted: date.nullish(),
    dateFinished: date.nullish(),
    url: z.string().nullish(),
  }),
);

/** Sentry's Web API: sentry-cli shows no commits and no times, and panics on a deploy without an end. */
export function createSentryReader({ url, org }: SentrySettings, token: string | undefined): SentryReader {
  const read = async <T>(path: string, schema: z.ZodType<T>, { signal, timeoutMs }: Attempt) => {
    const address = `${url}/api/0/organizations/${encodeURIComponent(org)}/releases/${path}`;
    const headers = { authorization: `Bearer ${token ?? 'none'}` };
    const answer = await ask({ url: address, headers, timeoutMs, signal });
    if (!answer.ok) return { problem: `Sentry: ${answer.error}`, retry: true };
    const { status, text } = answer;
    if (status !== 200)
      return { problem: `Sentry: it answered ${status}`, retry: status === 429 || status >= 500, status };
    const parsed = schema.safeParse(parseJson(text));
    return parsed.success
      ? { value: parsed.data }
      : { problem: `Sentry: its answer is not that of a release: ${shorten(text)}`, retry: false };
  };
  return {
    release: async (version, attempt) => {
      const answer = await read(`${encodeURIComponent(version)}/`, releaseSchema, attempt);
      if ('value' in answer) return { value: trackedOf(answer.value) };
      return answer.status === 404 ? { value: undefined } : answer;
    },
    deploys: async (version, attempt) => {
      const answer = await read(`${encodeURIComponent(version)}/deploys/`, deploysSchema, attempt);
      return 'value' in answer ? { value: answer.value.map(deployOf) } : answer;
    },
  };
}

const shorten = (text: string): string => text.trim().slice(0, 80) || 'empty';

const trackedOf = ({ projects, dateStarted, ...found }: z.output<typeof releaseSchema>): TrackedRelease => ({
  version: found.version,
  projects: projects.map(({ slug }) => slug),
  dateCreated: found.dateCreated,
  ...(dateStarted ? { dateStarted } : {}),
  dateReleased: found.dateReleased ?? null,
  commitCount: found.commitCount ?? 0,
  ...(found.lastCommit ? { lastCommit: found.lastCommit.id } : {}),
});

const deployOf = ({ environment, ...found }: z.output<typeof deploysSchema>[number]): TrackedDeploy => ({
  environment,
  name: found.name ?? null,
  dateStarted: found.dateStarted ?? null,
  dateFinished: found.dateFinished ?? null,
  url: found.url ?? null,
});
