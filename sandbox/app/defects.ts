import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What can be wrong with the project before it is shipped: an edit of files in the sandbox's state folder. */
export interface AppDefect {
  readonly description: string;
  /** The SOP clause that must catch it. */
  readonly clause: string;
  /** By path: `[found, replacement]`, or `removed`. */
  readonly edits: Readonly<Record<string, readonly [found: string, replacement: string] | 'removed'>>;
}

const define = <Name extends string>(defects: Readonly<Record<Name, AppDefect>>) => defects;

export const appDefects = define({
  'analysis-issue': {
    description: 'an unused import',
    clause: '1.1a',
    edits: { 'app/lib/jobs/job_list.dart': ['import ', "import 'dart:io';\nimport "] },
  },
  'failing-test': {
    description: 'a test of the app fails',
    clause: '1.1b',
    edits: {
      'app/test/escrow_test.dart': [
        'expect(held(250, EscrowState.held), 250);',
        "fail('Expected: <250> Actual: <0>');",
      ],
    },
  },
  'no-tests': {
    description: 'the app has no tests any more',
    clause: '1.1b',
    edits: { 'app/test/escrow_test.dart': 'removed', 'app/test/job_list_test.dart': 'removed' },
  },
  'api-lint': {
    description: 'a debugger statement in the API',
    clause: '1.1c',
    edits: { 'api/src/server.mjs': ['export const', 'debugger;\nexport const'] },
  },
  'failing-api-test': {
    description: 'escrow pays out twice',
    clause: '1.1d',
    edits: { 'api/src/escrow.mjs': ['Math.max(0, held - released)', 'held - released'] },
  },
  'unsigned-bundle': {
    description: 'the release bundle cannot be signed',
    clause: '1.3a',
    edits: { 'app/android/gradle.properties': ['signing=release', 'signing=missing'] },
  },
  'no-bundle': {
    description: 'the build reports a bundle that it has not written',
    clause: '1.3a',
    edits: { 'app/android/gradle.properties': ['output=bundle', 'output=none'] },
  },
  'wrong-tag': {
    description: 'the image is tagged latest',
    clause: '1.3b',
    edits: { 'api/image.json': ['freetask-api:{version}', 'freetask-api:latest'] },
  },
  'no-image': {
    description: 'the base of the image does not exist',
    clause: '1.3b',
    edits: { 'api/image.json': ['node:20-slim', 'freetask/node:none'] },
  },
});
export type AppDefectName = keyof typeof appDefects;

export const isAppDefect = (name: string): name is AppDefectName => Object.hasOwn(appDefects, name);

/** Makes the project in this state folder defective; a sandbox that runs goes on. Throws where the file is not as expected. */
export async function breakApp(state: string, name: AppDefectName): Promise<void> {
  for (const [path, edit] of Object.entries(appDefects[name].edits)) {
    const file = join(state, path);
    if (edit === 'removed') {
      await rm(file);
      continue;
    }
    const text = await readFile(file, 'utf8');
    if (!text.includes(edit[0])) throw new Error(`${file} does not hold ${JSON.stringify(edit[0])}`);
    await writeFile(
      file,
      text.replace(edit[0], () => edit[1]),
    );
  }
}
