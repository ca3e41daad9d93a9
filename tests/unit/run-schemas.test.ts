import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type { RunEvidence, RunResult } from '../../src/core/run-result.ts';
import { runEvidenceSchema, runResultSchema, verdictJsonSchema } from '../../src/journal/run-schemas.ts';
import { emptyRun, goRun, holdRun, interruptedRun, noGoRun } from './report/samples.ts';

const runs = { goRun, noGoRun, holdRun, interruptedRun, emptyRun };
const published: Record<string, unknown> = JSON.parse(
  await readFile(new URL('../../docs/verdict.schema.json', import.meta.url), 'utf8'),
);

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

test('the schemas have exactly the fields of the types', () => {
  expectTypeOf<DeepReadonly<z.output<typeof runResultSchema>>>().toEqualTypeOf<DeepReadonly<RunResult>>();
  expectTypeOf<DeepReadonly<z.output<typeof runEvidenceSchema>>>().toEqualTypeOf<DeepReadonly<RunEvidence>>();
});

const everything = (run: RunResult): RunResult => ({
  ...run,
  rejudged: { at: '2026-03-04T08:00:00.000Z', sloFile: 'slo.strict.yaml' },
});

describe.each(Object.entries(runs))('%s', (_, make) => {
  const { result, evidence } = make();

  test('is read back from its files unchanged', () => {
    expect(runResultSchema.parse(JSON.parse(JSON.stringify(everything(result))))).toEqual(everything(result));
    expect(runEvidenceSchema.parse(JSON.parse(JSON.stringify(evidence)))).toEqual(evidence);
  });

  test('fits the published schema', () => {
    const { fits, validate } = publishedSchema();
    fits(JSON.parse(JSON.stringify(everything(result))));
    expect(validate.errors ?? []).toEqual([]);
  });
});

function publishedSchema() {
  const validate = new Ajv2020({
    allErrors: true,
    formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
  }).compile(published);
  return { validate, fits: (value: unknown): boolean => validate(value) };
}

describe('the published schema', () => {
  test('is up to date: npm run schema writes it', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(verdictJsonSchema())));
  });

  test('is versioned by its id', () => {
    expect(published['$id']).toBe('urn:freetask:shiproom:verdict:2');
  });

  const { result } = noGoRun();
  const [first] = result.judgements;
  test.each<[string, object]>([
    ['another version', { ...result, schemaVersion: 3 }],
    ['an unknown verdict', { ...result, verdict: { ...result.verdict, word: 'MAYBE' } }],
    ['no verdict', { ...result, verdict: undefined }],
    ['an unknown exit code', { ...result, exitCode: 7 }],
    ['an unknown status', { ...result, judgements: [{ ...first, status: 'skipped' }] }],
    ['an unknown clause', { ...result, judgements: [{ ...first, clauses: ['9.9'] }] }],
    ['a rate above 1', { ...result, judgements: [{ ...first, bounds: { lower: 0, upper: 1.5, level: 0.95 } }] }],
    ['a text that is not a time', { ...result, startedAt: 'yesterday' }],
  ])('refuses %s', (_, broken) => {
    expect(publishedSchema().fits(JSON.parse(JSON.stringify(broken)))).toBe(false);
  });

  test('allows a later version to add a field', () => {
    expect(publishedSchema().fits({ ...JSON.parse(JSON.stringify(result)), weather: 'fine' })).toBe(true);
  });
});
