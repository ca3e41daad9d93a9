import { describe, expect, it } from 'vitest';
import { artifactsOf } from '../../../src/config/artifacts.ts';
import { UserError } from '../../../src/core/errors.ts';
import { parseDeployment } from '../../contract/support/service-defaults.ts';

const parse = (preflight: string) =>
  parseDeployment(
    'mine.yaml',
    `name: mine\nkind: staging\nenvironments:\n  public: { api: 'http://127.0.0.1:1/' }\n${preflight}`,
    {},
  );
const settings = (preflight: string) => artifactsOf('/etc/shiproom/mine.yaml', parse(preflight));

function refusal(artifacts: string): string {
  try {
    parse(`preflight: { artifacts: { ${artifacts} } }`);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error('not refused');
}

const image = (change = '') =>
  `image: { command: [docker, build, .], folder: api, tag: 'api:{version}', digest: [docker, inspect, '{tag}']${change} }`;

describe('preflight.artifacts', () => {
  it('has its folders relative to the target file, and its programs before PATH', () => {
    const bundle = 'bundle: { command: [flutter, build, web], folder: ../app, files: [build/web/*.js] }';
    expect(settings(`preflight: { path: [../flutter/bin], artifacts: { ${bundle}, ${image()} } }`)).toMatchObject({
      bundle: { folder: '/etc/app', path: ['/etc/flutter/bin'], files: ['build/web/*.js'], timeoutMs: 1_800_000 },
      image: { folder: '/etc/shiproom/api', tag: 'api:{version}', readTimeoutMs: 30_000 },
    });
  });

  it('holds where a piece is not mentioned, and is not applicable where it is off', () => {
    const missing = (piece: string) => ({
      missing: `the target file names no command: preflight.artifacts.${piece}, or { off: REASON }`,
    });
    expect(settings('')).toEqual({ bundle: missing('bundle'), image: missing('image') });
    expect(settings('preflight: { artifacts: { bundle: { off: no app } } }')).toEqual({
      bundle: { off: 'no app' },
      image: missing('image'),
    });
  });

  it.each([
    ['bundle: yes', 'preflight.artifacts.bundle: { command: [flutter, build, appbundle]'],
    ['bundle: { off: "" }', 'preflight.artifacts.bundle'],
    ['bundle: { command: [make], folder: . }', 'preflight.artifacts.bundle'],
    ['bundle: { command: [make], folder: ., file: a, files: [b] }', 'preflight.artifacts.bundle'],
    ['bundle: { command: [make], folder: ., file: /tmp/a }', 'a path below `folder`'],
    ['bundle: { command: [make], folder: ., file: ../a }', 'a path below `folder`'],
    [
      image().replace('{version}', '1.5.0'),
      "holds {release} or {version}, what comes after its @: 'freetask-api:{version}'",
    ],
    [image().replace('{tag}', 'api'), "an argument holds '{tag}', '{release}' or '{version}'"],
    [image(', published: [crane, digest, api]'), "an argument holds '{tag}', '{release}' or '{version}'"],
    [image(', running: [docker, inspect, api]'), "an argument holds '{place}' or '{address}'"],
    [image(', push: true'), 'push'],
    ['artefact: {}', 'preflight.artifacts.artefact: no such setting'],
  ])('%s', (artifacts, message) => {
    expect(refusal(artifacts)).toContain(message);
    expect(refusal(artifacts)).toMatch(/^mine\.yaml:5/);
  });
});
