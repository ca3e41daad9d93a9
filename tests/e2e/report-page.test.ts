import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTools } from '../../src/config/tools.ts';
import { renderHtml, renderJunit } from '../../src/report/index.ts';
import type { SampleRun } from '../unit/report/fixtures.ts';
import { withTexts } from '../unit/report/outside.ts';
import { goRun, holdRun, interruptedRun, noGoRun } from '../unit/report/samples.ts';

const projectRoot = resolve(import.meta.dirname, '../..');
let folder: string;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shiproom-report-'));
  const { chromium: found } = await readTools(projectRoot);
  browser = await chromium.launch({ ...(found ? { executablePath: found.path } : {}), args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Visit {
  readonly width?: number;
  readonly dark?: boolean;
  readonly javaScriptEnabled?: boolean;
}

/** Opens the report in a browser and records its requests and console messages. */
async function visit({ result, evidence }: SampleRun, inspect: (page: Page) => Promise<void>, how: Visit = {}) {
  const file = join(folder, 'report.html');
  await writeFile(file, await renderHtml(result, evidence));
  const { width = 1200, dark = false, javaScriptEnabled = true } = how;
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled,
  });
  const requests: string[] = [];
  const messages: string[] = [];
  const page = await context.newPage();
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => messages.push(message.text()));
  page.on('dialog', (dialog) => {
    messages.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(pathToFileURL(file).href);
  await inspect(page);
  await context.close();
  return { requests: requests.filter((url) => !url.startsWith('data:')), messages };
}

const address = () => pathToFileURL(join(folder, 'report.html')).href;

describe('the report in a browser', () => {
  test.each([
    ['GO', goRun],
    ['NO-GO', noGoRun],
    ['HOLD', holdRun],
    ['an interrupted run', interruptedRun],
  ])('%s loads no resource and fits a phone', async (_, make) => {
    const { requests, messages } = await visit(
      make(),
      async (page) => {
        const width = await page.evaluate(() => {
          for (const details of document.querySelectorAll('details')) details.open = true;
          return document.documentElement.scrollWidth;
        });
        expect(width).toBe(360);
      },
      { width: 360 },
    );
    expect(requests).toEqual([address()]);
    expect(messages).toEqual([]);
  });

  test('a hostile run executes nothing', async () => {
    const attack = `"'><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>`;
    const { requests, messages } = await visit(
      withTexts(noGoRun(), (text) => `${text}${attack}`),
      async (page) => {
        for (const name of ['script', 'img', 'iframe']) expect(await page.locator(name).count()).toBe(0);
        await expect.poll(() => page.locator('h1').textContent()).toContain('NO-GO');
      },
    );
    expect(requests).toEqual([address()]);
    expect(messages).toEqual([]);
  });

  test('without JavaScript the page is complete', async () => {
    await visit(
      noGoRun(),
      async (page) => {
        expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('NO-GO');
        expect(await page.getByRole('img', { name: /^Latency over time; P95 at most/ }).count()).toBe(1);
        expect(await page.getByRole('img', { name: /^Readiness over time: stable for the last 1\.25 s/ }).count()).toBe(
          1,
        );
        expect(await page.getByRole('navigation').count()).toBe(1);
        expect(await page.getByRole('main').count()).toBe(1);
      },
      { javaScriptEnabled: false },
    );
  });

  test('text has enough contrast, light and dark', async () => {
    for (const dark of [false, true]) {
      await visit(
        noGoRun(),
        async (page) => {
          const worst = await page.evaluate(lowestContrast);
          expect(worst.ratio, `${worst.text} (${dark ? 'dark' : 'light'})`).toBeGreaterThanOrEqual(4.5);
        },
        { dark },
      );
    }
  });

  test('in print every section is expanded', async () => {
    await visit(goRun(), async (page) => {
      expect(await page.getByText('Freelancer writes a message').isVisible()).toBe(false);
      await page.emulateMedia({ media: 'print' });
      expect(await page.getByText('Freelancer writes a message').isVisible()).toBe(true);
      expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(0, 0, 0)');
      const paper = await page.pdf({ preferCSSPageSize: true });
      expect(paper.byteLength).toBeGreaterThan(10_000);
    });
  });

  test('JUnit XML is well-formed, also with hostile texts', async () => {
    const { result } = withTexts(noGoRun(), (text) => `${text}\u0000]]>&<x a='1'>"\uD800`);
    await visit(goRun(), async (page) => {
      const read = await page.evaluate((xml) => {
        const document = new DOMParser().parseFromString(xml, 'application/xml');
        return {
          broken: document.querySelector('parsererror')?.textContent ?? null,
          cases: document.querySelectorAll('testcase').length,
        };
      }, renderJunit(result));
      expect(read).toEqual({ broken: null, cases: result.judgements.length + result.notChecked.length + 1 });
    });
  });
});

test('a process that rendered a report exits', async () => {
  const script = join(folder, 'render.mts');
  const from = (path: string) => JSON.stringify(pathToFileURL(join(projectRoot, path)).href);
  await writeFile(
    script,
    `import { renderHtml } from ${from('src/report/index.ts')};
     import { goRun } from ${from('tests/unit/report/samples.ts')};
     const { result, evidence } = goRun();
     process.stdout.write(String((await renderHtml(result, evidence)).length > 1000));`,
  );
  const options = { cwd: projectRoot, timeout: 30_000 };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], options);
  expect(stdout).toBe('true');
});

/** The lowest contrast of any visible text against its background, by the formula of WCAG 2.2. */
function lowestContrast(): { ratio: number; text: string } {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  const parse = (color: string): number[] => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- all of this function is sent to the browser
  const luminance = (color: readonly number[]): number => {
    const [red = 0, green = 0, blue = 0] = color.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const backgroundOf = (element: Element | null): number[] => {
    if (!element) return [255, 255, 255, 255];
    const background = parse(getComputedStyle(element).backgroundColor);
    return background[3] === 255 ? background : backgroundOf(element.parentElement);
  };
  let lowest = { ratio: 21, text: '' };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent?.trim() ?? '';
    if (!element || text === '' || !element.checkVisibility() || element.closest('style, title')) continue;
    const style = getComputedStyle(element);
    const ink = parse(element instanceof SVGElement ? style.fill : style.color);
    const [high = 0, low = 0] = [luminance(ink), luminance(backgroundOf(element))].toSorted((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < lowest.ratio) lowest = { ratio, text };
  }
  return lowest;
}
