import type { ComponentChildren, VNode } from 'preact';
import type { Assertion, StepStatus } from '../../core/evidence.ts';
import type { ChecklistStatus } from '../../core/checklist.ts';
import { parseTag } from '../../core/finding-tag.ts';
import type { JudgementStatus, NotChecked, VerdictWord } from '../../core/verdict.ts';

/** Each status has its own shape and label, so that none depends on colour alone. */
type Shape = 'good' | 'bad' | 'unsure' | 'trouble' | 'absent' | 'pause';

const paths: Record<Shape, string> = {
  good: 'M10 1a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm-1.5 12.6L4.9 10l1.5-1.5 2.1 2.1 5.1-5.1L15.1 7Z',
  bad: 'M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3Zm.2 4L5 6.5 8.5 10 5 13.5 6.5 15l3.5-3.5 3.5 3.5 1.5-1.5-3.5-3.5L15 6.5 13.5 5 10 8.5Z',
  unsure:
    'M10 .6 19.4 10 10 19.4.6 10ZM7.2 8.6h1.9c0-1.4 2-1.3 2 0 0 1.2-2 1.3-2 3.4h1.9c0-1.5 2-1.6 2-3.5 0-3.4-5.8-3.4-5.8.1Zm1.9 4.4v1.9H11V13Z',
  trouble: 'M10 1.5 19.5 18.5H.5ZM9 7l.3 6h1.4l.3-6Zm.1 7.2V16h1.8v-1.8Z',
  absent: 'M10 1a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 2a7 7 0 1 1 0 14 7 7 0 0 1 0-14ZM6 9v2h8V9Z',
  pause: 'M10 1a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM6.5 6h2.6v8H6.5Zm4.4 0h2.6v8h-2.6Z',
};

export const Icon = ({ shape }: { shape: Shape }): VNode => (
  <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
    <path fill="currentColor" fill-rule="evenodd" d={paths[shape]} />
  </svg>
);

export const verdictShapes: Record<VerdictWord, Shape> = { GO: 'good', 'NO-GO': 'bad', HOLD: 'pause' };
export const iconPath = (word: VerdictWord): string => paths[verdictShapes[word]];

type AnyStatus = JudgementStatus | StepStatus | ChecklistStatus;

export const statusIcons: Record<AnyStatus, { readonly shape: Shape; readonly label: string }> = {
  pass: { shape: 'good', label: 'pass' },
  fail: { shape: 'bad', label: 'fail' },
  inconclusive: { shape: 'unsure', label: 'inconclusive' },
  error: { shape: 'trouble', label: 'error' },
  accepted: { shape: 'unsure', label: 'accepted' },
  flaky: { shape: 'bad', label: 'flaky' },
  skipped: { shape: 'absent', label: 'skipped' },
  'not-run': { shape: 'absent', label: 'not run' },
  'not-applicable': { shape: 'absent', label: 'not applicable' },
  'not-judged': { shape: 'absent', label: 'not judged' },
  'rate-limited': { shape: 'unsure', label: 'rate-limited' },
};

export const Status = ({ status }: { status: AnyStatus }): VNode => {
  const { shape, label } = statusIcons[status];
  return (
    <span class={`status ${shape}`}>
      <Icon shape={shape} /> {label}
    </span>
  );
};

export const NotCheckedReason = ({ reason }: { reason: NotChecked['reason'] }): VNode => (
  <span class="status absent">
    <Icon shape="absent" /> {reason === 'skipped' ? 'skipped' : 'not applicable'}
  </span>
);

interface SectionProps {
  readonly id: string;
  readonly title: string;
  readonly children: ComponentChildren;
}

export const Section = ({ id, title, children }: SectionProps): VNode => (
  <section id={id} aria-labelledby={`${id}-title`}>
    <h2 id={`${id}-title`}>{title}</h2>
    {children}
  </section>
);

/** A link to a file beside the report; undefined for a path outside the run's folder. */
export function fileHref(file: string): string | undefined {
  const parts = file.split('/');
  if (parts.some((part) => part === '' || part === '..')) return undefined;
  // Encoded, so that a colon cannot start a scheme nor a backslash separate folders.
  return parts.map(encodeURIComponent).join('/');
}

/** Allows a line break after each folder. */
const breakAfterFolders = (file: string): ComponentChildren[] =>
  file.split('/').flatMap((part, index) => (index === 0 ? [part] : ['/', <wbr key={index} />, part]));

export const FileLink = ({ file }: { file: string }): VNode => {
  const href = fileHref(file);
  return href === undefined ? <code>{file}</code> : <a href={href}>{breakAfterFolders(file)}</a>;
};

/** Logs last: structured reports are read first. */
const logsLast = (files: readonly string[]): string[] =>
  files.toSorted((a, b) => Number(a.endsWith('.log')) - Number(b.endsWith('.log')));

export const Files = ({ files, limit = Infinity }: { files: readonly string[]; limit?: number }): VNode | null =>
  files.length === 0 ? null : (
    <ul class="inline files">
      {logsLast(files)
        .slice(0, limit)
        .map((file) => (
          <li key={file}>
            <FileLink file={file} />
          </li>
        ))}
      {files.length > limit && <li class="quiet">and {files.length - limit} more below</li>}
    </ul>
  );

/** An address as a link, where it is http or https. */
export const Address = ({ url }: { url: string }): VNode => {
  const web = /^https?:\/\//i.test(url) && URL.canParse(url);
  return web ? (
    <a href={url} rel="noreferrer">
      {url}
    </a>
  ) : (
    <code>{url}</code>
  );
};

export const RequestIds = ({ ids, limit = 5 }: { ids: readonly string[]; limit?: number }): VNode | null =>
  ids.length === 0 ? null : (
    <ul class="inline ids" aria-label="Request ids">
      {ids.slice(0, limit).map((id) => (
        <li key={id}>
          <code>{id}</code>
        </li>
      ))}
      {ids.length > limit && <li>and {ids.length - limit} more</li>}
    </ul>
  );

export const FailedAssertions = ({ assertions }: { assertions: readonly Assertion[] }): VNode | null => {
  const failed = assertions.filter(({ ok }) => !ok);
  return failed.length === 0 ? null : (
    <ul class="failures">
      {failed.map(({ name, message }) => (
        <li key={name}>
          <strong>{parseTag(name).text}</strong>
          {message && <>: {message}</>}
        </li>
      ))}
    </ul>
  );
};

export const Problems = ({ problems }: { problems: readonly string[] }): VNode | null =>
  problems.length === 0 ? null : (
    <ul class="failures">
      {problems.map((problem) => (
        <li key={problem}>{problem}</li>
      ))}
    </ul>
  );

/** Names beside their values. */
export const FactList = ({ facts }: { facts: readonly (readonly [string, string])[] }): VNode => (
  <dl class="facts">
    {facts.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** The end of a tool's output. */
export const OutputTail = ({ title, text }: { title: string; text: string }): VNode | null => {
  const end = text.trim().slice(-2_000);
  return end === '' ? null : (
    <details>
      <summary>{title}</summary>
      <pre>{end}</pre>
    </details>
  );
};
