import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileHref } from '../../src/report/html/components.tsx';
import { htmlPage } from '../../src/report/html/page.tsx';
import { sanitize } from '../../src/report/sanitize.ts';
import type { SampleRun } from './report/fixtures.ts';
import { withTexts } from './report/outside.ts';
import { emptyRun, goRun, holdRun, interruptedRun, noGoRun } from './report/samples.ts';

const render = ({ result, evidence }: SampleRun): string => htmlPage(sanitize(result), sanitize(evidence));
const runs = { goRun, noGoRun, holdRun, interruptedRun, emptyRun };

interface Tag {
  readonly name: string;
  readonly attributes: string;
}

/** Every tag of the page, and every `<` that opens none: a missing escape. */
function tagsOf(html: string): { tags: Tag[]; stray: string[] } {
  const tags: Tag[] = [];
  const rest = html
    .replace(/<style>[^<]*<\/style>/, '')
    .replace('<!doctype html>', '')
    .replaceAll(
      /<\/?([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*\/?>/g,
      (_, name: string, attributes: string) => {
        tags.push({ name: name.toLowerCase(), attributes });
        return '';
      },
    );
  return { tags, stray: rest.match(/.{0,60}<.{0,60}/g) ?? [] };
}

function expectHarmless(html: string): void {
  const { tags, stray } = tagsOf(html);
  expect(stray).toEqual([]);
  const names = new Set(tags.map(({ name }) => name));
  for (const name of ['script', 'iframe', 'img', 'object', 'embed', 'form', 'base', 'foreignobject']) {
    expect(names).not.toContain(name);
  }
  for (const { attributes } of tags) {
    expect(attributes.replaceAll(/"[^"]*"/g, '')).not.toMatch(/\son\w+=/i);
    for (const [, address = ''] of attributes.matchAll(/\s(?:href|src|xlink:href)="([^"]*)"/gi)) {
      expect(address).not.toMatch(/^\s*(?:javascript|vbscript|data:text)[:/]/i);
    }
  }
}

describe('text from outside', () => {
  const attacks = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    `' onmouseover='alert(1)`,
    '" onfocus="alert(1)" autofocus="',
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)//https://',
    '</style><script>alert(1)</script>',
    '</title><script>alert(1)</script>',
    ']]></style><script>alert(1)</script>',
    '<svg/onload=alert(1)>',
    '&lt;script&gt;',
  ];

  test.each(attacks)('%s stays text in every place', (attack) => {
    const html = render(withTexts(noGoRun(), () => attack));
    expectHarmless(html);
    expect(html).not.toContain('<script');
  });

  test('any text stays text', () => {
    const pieces = constantFrom(
      '<',
      '>',
      '"',
      "'",
      '&',
      '=',
      '/',
      'script',
      ' onload',
      'javascript:',
      ']]>',
      '\u0000',
      '\u202E',
    );
    const texts = array(oneof(pieces, string({ unit: 'binary', maxLength: 8 })), { maxLength: 6 });
    assert(
      property(texts, (parts) => {
        const html = render(withTexts(holdRun(), (text) => text + parts.join('')));
        expectHarmless(html);
        expect(html).not.toMatch(/[\0\u202E]/);
      }),
      { numRuns: 25 },
    );
  });

  test('the check finds a missing escape', () => {
    expect(() => expectHarmless('<p title="a">x</p><script>')).toThrow(/script/);
    expect(() => expectHarmless('<p onclick="x">y</p>')).toThrow(/onclick/);
    expect(() => expectHarmless('<p>1 < 2</p>')).toThrow(/1 < 2/);
  });

  test('a link leads only to a file beside the report or to an http address', () => {
    expect(fileHref('playwright/a client/shot 1.png')).toBe('playwright/a%20client/shot%201.png');
    expect(fileHref('javascript:alert(1)')).toBe('javascript%3Aalert(1)');
    expect(fileHref('\\\\host\\share')).toBe('%5C%5Chost%5Cshare');
    for (const leading of ['/etc/passwd', '//host/x', '../../x', 'a/../../x', ''])
      expect(fileHref(leading)).toBeUndefined();
    const html = render(withTexts(goRun(), (text) => (text.startsWith('http') ? 'ftp://host/x' : text)));
    expect(html).not.toContain('href="ftp:');
  });

  test('terminal sequences are removed', () => {
    const html = render(withTexts(noGoRun(), (text) => `\u001B[31m${text}\u001B[0m`));
    expect(html).not.toContain('[31m');
  });
});

describe.each(Object.entries(runs))('the page of %s', (_, make) => {
  const run = make();
  const html = render(run);
  const { tags } = tagsOf(html);

  test('loads no resource', () => {
    expect(html).toContain(`content="default-src &#39;none&#39;`.replaceAll('&#39;', "'"));
    for (const name of ['script', 'img', 'iframe', 'object']) expect(tags.map((tag) => tag.name)).not.toContain(name);
    expect(html).not.toMatch(/@import|url\(\s*['"]?https?:/);
    const linked = tags.filter(({ name }) => name === 'link').map(({ attributes }) => attributes);
    for (const attributes of linked) expect(attributes).toContain('href="data:image/svg+xml,');
  });

  test('has every id once, and a target for every link', () => {
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(id);
  });

  test('shows the verdict and every check', () => {
    expect(html).toContain(`</svg> ${run.result.verdict.word}`);
    for (const { id } of run.result.judgements) expect(html).toContain(`id="check-${id}"`);
    for (const { id } of run.result.notChecked) expect(html).toContain(`id="check-${id}"`);
  });

  test('is the same for the same run', () => {
    expect(render(make())).toBe(html);
  });
});

test('an interrupted run is marked', () => {
  expect(render(interruptedRun())).toContain('interrupted</span>');
  expect(render(goRun())).not.toContain('interrupted</span>');
});

test('a run without judgements is shown as HOLD', () => {
  const html = render(emptyRun());
  expect(html).toContain('banner hold');
  expect(html).toContain('Nothing was judged.');
});

test('conflicting clauses are both named', () => {
  expect(render(noGoRun())).toMatch(/Conflicting clauses.*meets clause 3\.2c.*exceeds the rollback criterion 4\.1b/s);
  expect(render(goRun())).not.toContain('Conflicting clauses');
});

test('a failed step has its screenshots, request ids and failed assertions', () => {
  const html = render(noGoRun());
  expect(html).toContain('href="playwright/a%20client%20hires/test-failed-1.png"');
  expect(html).toContain('expected response to have status code 409 but got 200');
  expect(html).toContain('6f1c2b1e-0c5d-4e0a-9a57-00000000232f');
});

test('a required check that was skipped is named', () => {
  expect(render(holdRun())).toContain('Required: without it the verdict cannot be GO');
});
