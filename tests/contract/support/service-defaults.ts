import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseServiceFile } from '../../../src/config/service-file.ts';
import { type Deployment, parseTargetFile } from '../../../src/config/target-file.ts';

const file = resolve(import.meta.dirname, '../../../config/service.yaml');

/** config/service.yaml: FreeTask. */
export const serviceDefaults = parseServiceFile(file, readFileSync(file, 'utf8'));

/** A target file that is not embedded. */
export const parseDeployment = (name: string, text: string, env: Readonly<Record<string, string>> = {}): Deployment =>
  parseTargetFile(name, text, env, serviceDefaults) as Deployment;
