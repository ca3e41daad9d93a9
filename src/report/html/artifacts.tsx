import type { VNode } from 'preact';
import {
  type ArtifactsEvidence,
  type BuildRecord,
  type BundleEvidence,
  type DigestAnswer,
  formatBytes,
  type ImageEvidence,
} from '../../core/artifacts.ts';
import type { Unmeasured } from '../../core/unmeasured.ts';
import { formatMs } from '../../core/slo.ts';
import { formatInstant } from '../labels.ts';
import { Files, OutputTail, Section } from './components.tsx';

/** Clause 1.3: what was built of the release, and what identifies it. */
export const Artifacts = ({ evidence: { bundle, image } }: { evidence: ArtifactsEvidence }): VNode => (
  <Section id="artifacts" title="Artifacts">
    <h3>Release bundle of the app</h3>
    {isUnmeasured(bundle) ? <p>{reasonOf(bundle)}</p> : <Bundle bundle={bundle} />}
    <h3>Image of the API</h3>
    {isUnmeasured(image) ? <p>{reasonOf(image)}</p> : <Image image={image} />}
  </Section>
);

const isUnmeasured = (piece: object): piece is Unmeasured => 'off' in piece || 'missing' in piece;
const reasonOf = (why: Unmeasured): string =>
  'off' in why ? `Not applicable: ${why.off}` : `Not measured: ${why.missing}`;

const Build = ({
  build: { outcome, firstFailure },
  files,
}: {
  build: BuildRecord;
  files: readonly string[];
}): VNode => (
  <div>
    <p>
      <code>{outcome.command.join(' ')}</code> took {formatMs(outcome.durationMs)}, exit code{' '}
      {outcome.exitCode ?? 'none'}
      {firstFailure === undefined ? '' : `: ${firstFailure}`}
    </p>
    <OutputTail title={`Output of ${outcome.command.join(' ')}`} text={outcome.stdout || outcome.stderr} />
    <Files files={files} />
  </div>
);

const Bundle = ({ bundle }: { bundle: BundleEvidence }): VNode => (
  <div>
    <table>
      <thead>
        <tr>
          <th scope="col">File</th>
          <th scope="col">Size</th>
          <th scope="col">Written</th>
          <th scope="col">SHA-256</th>
        </tr>
      </thead>
      <tbody>
        {bundle.patterns.flatMap(({ pattern, found }) =>
          found.length === 0 ? (
            <tr key={pattern} class="stands-out">
              <td>{pattern}</td>
              <td colSpan={3}>no such file</td>
            </tr>
          ) : (
            found.map(({ path, bytes, modifiedAt, sha256 }) => (
              <tr key={path} class={bytes === 0 ? 'stands-out' : undefined}>
                <td>{path}</td>
                <td class="number">{formatBytes(bytes)}</td>
                <td>{formatInstant(modifiedAt)}</td>
                <td>
                  <code>{sha256}</code>
                </td>
              </tr>
            ))
          ),
        )}
      </tbody>
    </table>
    <Build build={bundle} files={bundle.files} />
  </div>
);

const Image = ({ image }: { image: ImageEvidence }): VNode => {
  const { tag, release, recorded, before, published, build, built, kept } = image;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Tag', tag],
    ['Release', release],
    ['Before the build', formatAnswer(before)],
    ['In the registry before the build', published && formatAnswer(published)],
    ['After the build', built && formatAnswer(built)],
    ['Recorded', (kept ?? recorded) && formatRecord(kept ?? recorded)],
  ];
  return (
    <div>
      <table>
        <tbody>
          {rows.map(([name, value]) =>
            value === undefined ? null : (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{value}</td>
              </tr>
            ),
          )}
        </tbody>
      </table>
      {build ? <Build build={build} files={image.files} /> : <p>Not built by this run.</p>}
    </div>
  );
};

const formatAnswer = (answer: DigestAnswer): string =>
  'digest' in answer ? answer.digest : 'problem' in answer ? answer.problem : 'no image with this tag';

const formatRecord = (record: ImageEvidence['recorded']): string =>
  record ? `${record.digest} by ${record.runId}, ${formatInstant(record.at)}` : '';
