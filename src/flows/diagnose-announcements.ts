import { dirname } from 'node:path';
import { announcementsOf, releaseNotesOf } from '../config/announcements.ts';
import { toolEnvironment } from '../config/environment.ts';
import type { Deployment } from '../config/target-file.ts';
import type { ReleaseNotesSettings } from '../core/release-notes.ts';
import { createChannel } from '../notifiers/index.ts';
import { repositoryProblem } from '../sources/git-tags.ts';
import { readDocument } from '../system/document.ts';
import { folderExists, whyNotWritable } from '../system/files.ts';
import { secretIn } from './courtesies.ts';
import type { Check } from './finding.ts';
import type { Flow } from './flow.ts';

const timeoutMs = 5000;

/** Whether what section 3.4 needs answers; nothing is sent or changed. */
export function announcementChecks(file: string, deployment: Deployment, flow: Flow): Check[] {
  const announcements = announcementsOf(deployment);
  const notes = releaseNotesOf(file, deployment);
  const attempt = { signal: flow.signal, timeoutMs, uncertain: false };
  return [
    ...(announcements && 'slack' in announcements
      ? [slackCheck(createChannel(announcements.slack, secretIn(flow.environment.variables)), attempt)]
      : []),
    ...(notes && 'file' in notes ? [notesCheck(notes, deployment, flow)] : []),
  ];
}

const slackCheck = (
  channel: ReturnType<typeof createChannel>,
  attempt: Parameters<ReturnType<typeof createChannel>['check']>[0],
): Check => ['announcements.slack', `driver ${channel.name}`, () => channel.check(attempt)];

const notesCheck = ({ file, repository }: ReleaseNotesSettings, deployment: Deployment, flow: Flow): Check => [
  'releaseNotes',
  file,
  async () => {
    const env = toolEnvironment(flow.environment.variables, deployment.env);
    if (!(await folderExists(repository))) return `the repository ${repository} is no folder`;
    const unreadable = await repositoryProblem(repository, { env, cwd: '/', signal: flow.signal });
    if (unreadable !== undefined) return unreadable;
    if (!(await folderExists(dirname(file)))) return `${dirname(file)} does not exist`;
    const document = await readDocument(file, repository);
    return 'problem' in document ? document.problem : whyNotWritable(file);
  },
];
