import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { targetJsonSchema } from '../../src/config/target-json-schema.ts';
import { serviceDefaults } from '../contract/support/service-defaults.ts';

const root = resolve(import.meta.dirname, '../..');
const published: unknown = JSON.parse(readFileSync(join(root, 'docs/target.schema.json'), 'utf8'));

it('docs/target.schema.json is what `npm run schema` writes', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(targetJsonSchema(serviceDefaults))));
});

const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(published as object);
it.each(['staging', 'production', 'sandbox'])('config/targets/%s.yaml is valid to an editor', (name) => {
  const file: unknown = parse(readFileSync(join(root, `config/targets/${name}.yaml`), 'utf8'));
  expect(validate(file) || validate.errors).toBe(true);
  expect(validate({ ...(file as object), readines: {} })).toBe(false);
});
