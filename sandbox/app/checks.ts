import { projectFolders } from './project.ts';

/** `preflight` of a target file, for the app and the API below the state folder, with a `flutter` of their own. */
export function projectChecks(state: string): object {
  const { app, api, programs } = projectFolders(state);
  return {
    path: [programs],
    gates: {
      analyze: { command: ['flutter', 'analyze'], folder: app },
      test: { command: ['flutter', 'test', '--machine'], folder: app },
      'api-lint': { command: ['npm', 'run', 'lint', '--', '--format', 'json'], folder: api, reads: 'eslint-json' },
      'api-test': { command: ['npm', 'test'], folder: api, reads: 'tap' },
    },
    artifacts: {
      bundle: {
        command: ['flutter', 'build', 'appbundle'],
        folder: app,
        file: 'build/app/outputs/bundle/release/app-release.aab',
      },
      image: {
        command: ['freetask-image', 'build'],
        folder: api,
        tag: 'freetask-api:{version}',
        digest: ['freetask-image', 'digest', '{tag}'],
        published: ['freetask-image', 'published', '{tag}'],
        running: ['freetask-image', 'running', '{place}'],
      },
    },
  };
}
