import type { VNode } from 'preact';
import type { RunResult } from '../../core/run-result.ts';

const files = ['verdict.json', 'evidence.json', 'journal.ndjson', 'junit.xml', 'summary.md'];

/** The versions of the tools, and links to the other files of the run. */
export const Footer = ({ result: { tools, schemaVersion } }: { result: RunResult }): VNode => (
  <footer>
    <p>
      {tools.map(({ name, version }) => `${name} ${version}`).join(' · ')}
      {tools.length > 0 && ' · '}verdict.json version {schemaVersion}
    </p>
    <ul class="inline" aria-label="Files of this run">
      {files.map((file) => (
        <li key={file}>
          <a href={file}>{file}</a>
        </li>
      ))}
    </ul>
  </footer>
);
