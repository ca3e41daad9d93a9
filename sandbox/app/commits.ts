/** The history of the sandbox's releases: what each changed since the one before it, oldest first. */
export interface SandboxCommit {
  readonly subject: string;
  readonly body?: string;
  readonly author?: string;
  /** The file it changes; its content is made of the subject. */
  readonly path: string;
}

export interface SandboxRelease {
  readonly tag: string;
  /** Committed before the tag. */
  readonly commits: readonly SandboxCommit[];
}

export const history: readonly SandboxRelease[] = [
  {
    tag: 'freetask@1.4.0',
    commits: [
      { subject: 'feat: jobs, bids, chat and escrow', path: 'api/src/server.mjs' },
      { subject: 'chore(release): 1.4.0', path: 'api/package.json' },
    ],
  },
  {
    tag: 'freetask@1.5.0',
    commits: [
      {
        subject: 'feat(jobs): a job has a deadline',
        body: 'Clients set it when they create the job, and lists show the nearest one first.\n\nRefs: FT-388',
        path: 'api/migrations/002-job-deadline.up.sql',
      },
      {
        subject: 'feat(chat)!: messages are sent with a client id',
        body: 'BREAKING CHANGE: `POST /jobs/:id/messages` refuses a message without `clientId`.\nUpdate the app before the API.',
        path: 'api/src/chat.mjs',
      },
      {
        subject: 'fix(payments): a release with the same key pays out once',
        body: 'Fixes: FT-412',
        path: 'api/src/escrow.mjs',
      },
      { subject: 'fix: the log-in code is accepted once', path: 'api/src/auth.mjs' },
      { subject: 'perf(jobs): the list needs one query instead of one for each bid', path: 'api/src/jobs.mjs' },
      { subject: 'chore(deps): update the driver of the database', path: 'api/package.json' },
      { subject: 'docs: how escrow works', path: 'docs/escrow.md' },
      { subject: 'small things before the holidays', path: 'app/lib/main.dart' },
      {
        // Text from outside: nothing of it may become markup, a mention or a link.
        subject:
          'fix(app): <!channel> *bold* <https://evil.example|click> </td><script>alert(1)</script> [x](javascript:1) | `a`',
        body: '@channel <!here> <@U012345>\n\n# Heading\n<img src=x onerror=alert(1)>\n```\nBREAKING CHANGE in a quoted text',
        author: 'Mallory <b>&amp;</b>',
        path: 'app/lib/jobs/job_list.dart',
      },
      { subject: 'chore(release): 1.5.0', path: 'app/pubspec.yaml' },
    ],
  },
  {
    tag: 'freetask@1.6.0',
    commits: [
      { subject: 'feat(search): jobs are found by their skills', path: 'api/src/search.mjs' },
      { subject: 'revert: "fix: the log-in code is accepted once"', path: 'api/src/auth.mjs' },
      { subject: 'fix(auth): a code is refused after ten minutes', path: 'api/src/auth.mjs' },
    ],
  },
];
