import type { GateFormat } from '../../core/gate.ts';
import { eslintJson } from './eslint-json.ts';
import { exitCode } from './exit-code.ts';
import { flutterAnalyze } from './flutter-analyze.ts';
import { flutterTest } from './flutter-test.ts';
import type { Format } from './format.ts';
import { jestJson } from './jest-json.ts';
import { tap } from './tap.ts';

/** Each format of a gate's output; a new one is one file and one line. */
export const formats: Readonly<Record<GateFormat, Format>> = {
  'flutter-analyze': flutterAnalyze,
  'flutter-test': flutterTest,
  'eslint-json': eslintJson,
  'jest-json': jestJson,
  tap,
  'exit-code': exitCode,
};
