import { dirname, resolve } from 'node:path';
import type { AnnouncementsSettings } from '../core/announcement.ts';
import type { ReleaseNotesSettings } from '../core/release-notes.ts';
import type { Deployment } from './target-file.ts';

/** How the target announces its releases; undefined where its file does not mention it. */
export function announcementsOf({
  announcements,
}: Pick<Deployment, 'announcements'>): AnnouncementsSettings | undefined {
  if (announcements === undefined || 'off' in announcements) return announcements;
  const { slack, links, retryFor } = announcements;
  return { slack, links, retryMs: retryFor };
}

/** The release notes of the target, paths absolute; undefined where its file does not mention them. */
export function releaseNotesOf(
  file: string,
  { releaseNotes }: Pick<Deployment, 'releaseNotes'>,
): ReleaseNotesSettings | { readonly off: string } | undefined {
  if (releaseNotes === undefined || 'off' in releaseNotes) return releaseNotes;
  const beside = (path: string): string => resolve(dirname(file), path);
  return { ...releaseNotes, repository: beside(releaseNotes.repository), file: beside(releaseNotes.file) };
}
