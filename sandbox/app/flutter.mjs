// The fake `flutter` of the sandbox: what it prints has the form of the real one, and depends on the files of the project that it
// is started in. `flutter analyze`, `flutter test [--machine]`, `flutter build appbundle|web`.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { dartFiles, issuesIn, syntaxError, testsIn } from './dart.mjs';

const print = (line) => process.stdout.write(`${line}\n`);
const seconds = () => `${(performance.now() / 1000).toFixed(1)}s`;

function analyze(flags) {
  print(`Analyzing ${basename(process.cwd())}...${' '.repeat(56)}`);
  const ranks = ['error', 'warning', 'info'];
  const issues = dartFiles(['lib', 'test'])
    .flatMap(issuesIn)
    .toSorted((a, b) => ranks.indexOf(a.kind) - ranks.indexOf(b.kind));
  if (issues.length === 0) return print(`No issues found! (ran in ${seconds()})`);
  const lines = issues.map(
    ({ kind, message, path, line, column, rule }) =>
      `${kind.padStart(7)} • ${message} • ${path}:${line}:${column} • ${rule}`,
  );
  print(`\n${lines.join('\n')}\n`);
  const total = `${issues.length} ${issues.length === 1 ? 'issue' : 'issues'} found. (ran in ${seconds()})`;
  const tolerated = ranks.filter((kind) => flags.includes(`--no-fatal-${kind}s`));
  if (issues.every(({ kind }) => tolerated.includes(kind))) return print(total);
  process.stderr.write(`${total}\n`);
  process.exitCode = 1;
}

function test(flags) {
  const files = dartFiles(['test']).filter(({ path }) => path.endsWith('_test.dart'));
  if (files.length === 0) {
    process.stderr.write('Test directory "test" does not appear to contain any test files.\n');
    process.exitCode = 1;
    return;
  }
  let failed = false;
  let id = 0;
  const machine = flags.includes('--machine');
  const emit = (event) => machine && print(JSON.stringify({ ...event, time: Math.round(performance.now()) }));
  const metadata = (skip) => ({ skip, skipReason: null });
  const start = (suiteID, name, more) => {
    id += 1;
    emit({ test: { id, name, suiteID, ...more }, type: 'testStart' });
    return id;
  };
  const done = (testID, result, more) =>
    emit({ testID, result, skipped: false, hidden: false, ...more, type: 'testDone' });
  const fail = (testID, error) => {
    failed = true;
    emit({ testID, error, stackTrace: '', isFailure: true, type: 'error' });
    done(testID, 'error');
  };

  emit({ protocolVersion: '0.1.1', runnerVersion: null, pid: process.pid, type: 'start' });
  for (const [suite, file] of files.entries()) {
    const path = resolve(file.path);
    emit({ suite: { id: suite, platform: 'vm', path }, type: 'suite' });
    const loading = start(suite, `loading ${path}`, {
      groupIDs: [],
      metadata: metadata(false),
      line: null,
      column: null,
    });
    if (suite === 0) emit({ count: files.length, type: 'allSuites' });
    const broken = syntaxError(file);
    if (broken) {
      fail(loading, `Failed to load "${path}": ${file.path}:${broken.line}:${broken.column}: Error: ${broken.message}`);
      continue;
    }
    if (machine) print('\n[{"event":"test.startedProcess","params":{"vmServiceUri":null,"observatoryUri":null}}]');
    done(loading, 'success', { hidden: true });
    for (const { name, failure, skipped, line, column } of testsIn(file)) {
      const own = start(suite, name, {
        groupIDs: [],
        metadata: metadata(skipped),
        line,
        column,
        url: `file://${path}`,
      });
      if (failure !== undefined && !skipped) fail(own, failure);
      else done(own, 'success', { skipped });
      if (!machine) print(`00:00 +${own}: ${name}${failure === undefined || skipped ? '' : ` [E]\n  ${failure}`}`);
    }
  }
  emit({ success: !failed, type: 'done' });
  if (!machine) print(failed ? '00:00: Some tests failed.' : '00:00: All tests passed!');
  if (failed) process.exitCode = 1;
}

const outputs = {
  appbundle: ['build/app/outputs/bundle/release/app-release.aab'],
  web: ['build/web/index.html', 'build/web/main.dart.js', 'build/web/version.json'],
};

/** The same files and release give the same bundle. */
function build([kind]) {
  const paths = outputs[kind];
  if (!paths) throw new Error(`Could not find a subcommand named "${kind ?? ''}" for "flutter build".`);
  const release = process.env['APP_RELEASE'] ?? '';
  const files = dartFiles(['lib']);
  for (const file of files) {
    const broken = syntaxError(file);
    if (!broken) continue;
    process.stderr.write(`${file.path}:${broken.line}:${broken.column}: Error: ${broken.message}.\n`);
    throw new Error('Target kernel_snapshot_program failed: Exception');
  }
  const sources = createHash('sha256').update(JSON.stringify({ files, pubspec: readFileSync('pubspec.yaml', 'utf8') }));
  const code = sources.digest('hex');
  const gradle = kind === 'appbundle' ? readFileSync('android/gradle.properties', 'utf8') : '';
  if (/^signing=missing$/m.test(gradle)) {
    process.stderr.write(
      'FAILURE: Build failed with an exception.\nKeystore file not set for signing config release\n',
    );
    throw new Error('Gradle task bundleRelease failed with exit code 1');
  }
  for (const path of /^output=none$/m.test(gradle) ? [] : paths) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify({ path, release, code })}\n${code.repeat(200)}\n`);
  }
  print(`✓ Built ${kind === 'web' ? 'build/web' : `${paths[0]} (12.9MB)`}`);
}

try {
  const [command, ...rest] = process.argv.slice(2);
  const run = { analyze, test, build }[command];
  if (!run) throw new Error(`Could not find a command named "${command ?? ''}".`);
  if (!existsSync('pubspec.yaml')) throw new Error('Error: No pubspec.yaml file found.');
  run(rest);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
