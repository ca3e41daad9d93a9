import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { platformSchema } from '../../src/config/platform-schema.ts';
import { isOfRelease } from '../../src/core/platform.ts';
import { readDeployments } from '../../src/platforms/deployments.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/platforms.md'), 'utf8');
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block);
const recipes = page
  .split(/^### /m)
  .slice(1)
  .map((text) => [text.split('\n')[0] ?? '', text] as const);

it.each(recipes)('the recipe of %s: its settings are valid, and read the JSON beneath them', (_, text) => {
  const [file = ''] = blocks(text, 'yaml');
  const { platform, env } = parse(file) as { readonly platform: unknown; readonly env: readonly string[] };
  const settings = platformSchema.parse(platform);
  const reading = readDeployments(blocks(text, 'json')[0] ?? '', settings);
  if (!('deployments' in reading)) throw new Error(reading.problem);
  expect(reading.live && isOfRelease(reading.live, 'freetask@1.4.0')).toBe(true);
  expect(env).toHaveLength(1);
});

it('the page has a recipe for each platform that it names', () => {
  expect(recipes.map(([name]) => name)).toEqual(['DigitalOcean App Platform', 'Render', 'Fly.io', 'Cloud Run']);
});

it('the example of what `read` prints is read without settings but `live`', () => {
  const settings = platformSchema.parse({ driver: 'command', read: ['x'], deploy: ['x'], fields: { live: 'live' } });
  expect(readDeployments(blocks(page, 'json')[0] ?? '', settings)).toMatchObject({ live: { id: 'd-41' } });
});
