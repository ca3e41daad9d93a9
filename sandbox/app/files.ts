/** The Flutter project of the sandbox, by path: enough Dart for the fake `flutter` to analyse, test and build. */
export const appFiles: Readonly<Record<string, string>> = {
  'pubspec.yaml': `name: freetask
description: The app of FreeTask.
version: 1.5.0+1050000
environment:
  sdk: ^3.5.0
dependencies:
  flutter:
    sdk: flutter
dev_dependencies:
  flutter_test:
    sdk: flutter
`,
  'analysis_options.yaml': 'include: package:flutter_lints/flutter.yaml\n',
  /** How Gradle builds the bundle. */
  'android/gradle.properties': 'signing=release\noutput=bundle\n',
  'lib/main.dart': `import 'package:flutter/material.dart';
import 'jobs/job_list.dart';

void main() => runApp(const FreeTaskApp());

class FreeTaskApp extends StatelessWidget {
  const FreeTaskApp({super.key});

  @override
  Widget build(BuildContext context) {
    return const MaterialApp(title: 'FreeTask', home: JobList());
  }
}
`,
  'lib/jobs/job_list.dart': `import 'package:flutter/material.dart';

class JobList extends StatelessWidget {
  const JobList({super.key});

  @override
  Widget build(BuildContext context) {
    return const Text('No jobs yet');
  }
}
`,
  'lib/payments/escrow.dart': `enum EscrowState { empty, held, released }

/// The amount in minor units of the currency.
int held(int amount, EscrowState state) {
  return state == EscrowState.held ? amount : 0;
}
`,
  'test/job_list_test.dart': `import 'package:flutter_test/flutter_test.dart';

void main() {
  group('job list', () {
    testWidgets('says that there are no jobs', (tester) async {
      expect(find.text('No jobs yet'), findsOneWidget);
    });
    test('sorts jobs by their deadline', () {
      expect([3, 1, 2]..sort(), [1, 2, 3]);
    });
  });
}
`,
  'test/escrow_test.dart': `import 'package:flutter_test/flutter_test.dart';

void main() {
  test('money is held once', () {
    expect(held(250, EscrowState.held), 250);
  });
  test('money leaves escrow once', () {
    expect(held(250, EscrowState.released), 0);
  });
  test('a refund of a dispute', () {
    expect(refund(250), 250);
  }, skip: 'needs the payment provider');
}
`,
};

/** The API's project: real code with real tests, run by npm and Node's own test runner. */
export const apiFiles: Readonly<Record<string, string>> = {
  'package.json': `${JSON.stringify(
    {
      name: 'freetask-api',
      version: '1.5.0',
      private: true,
      type: 'module',
      scripts: { lint: 'freetask-lint src test', test: 'node --test --test-reporter=tap' },
    },
    null,
    2,
  )}\n`,
  /** What the image is made of and how it is tagged. */
  'image.json': `${JSON.stringify({ base: 'node:20-slim', tag: 'freetask-api:{version}', entry: 'src/server.mjs' }, null, 2)}\n`,
  'src/escrow.mjs': `/** What is left in escrow, in minor units; never less than nothing. */
export const leftInEscrow = (held, released) => Math.max(0, held - released);
`,
  'src/server.mjs': `import { createServer } from 'node:http';

export const server = () => createServer((_, response) => response.end('ok'));
`,
  'test/escrow.test.mjs': `import assert from 'node:assert/strict';
import test from 'node:test';
import { leftInEscrow } from '../src/escrow.mjs';

test('money leaves escrow once', () => assert.equal(leftInEscrow(250, 250), 0));
test('a part of it stays', () => assert.equal(leftInEscrow(250, 100), 150));
test('nothing is paid out twice', () => assert.equal(leftInEscrow(250, 500), 0));
`,
};
