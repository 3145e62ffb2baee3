import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { reportHtml } from './html.ts';
import { reportData } from './make-data.ts';
import { readPageParts } from './page-parts.ts';
import { HOSTILE, hostileRun, longRun } from './stored-run.fixture.ts';
import type { StoredRun } from '../harness/stored-run.ts';

const CHROMIUM = '/usr/bin/chromium';

/** It asks nobody for anything; the machines of our tests have no network. */
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const FIRST = '#/finding/01-result';

describe('a report in Chromium, from disk', () => {
  const reason = existsSync(CHROMIUM) ? null : `${CHROMIUM} is not installed`;
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'browser-test-'));
    if (reason === null) browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
  });

  afterAll(async () => {
    if (reason === null) await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens the page of a run, and fails if the browser complains of anything on it, or a script of somebody else ran. */
  async function opened(
    { skip }: TestContext,
    run: StoredRun,
    hash: string,
    look: (page: Page) => Promise<void>,
    dark = false,
  ): Promise<void> {
    if (reason !== null) skip(`unknown: ${reason}`);
    const commands = (_: string, caseFile: string) => [{ does: 'again', command: `replay ${caseFile}` }];
    const path = join(folder, 'report.html');
    writeFileSync(path, reportHtml(reportData(run, commands), readPageParts()));
    const context = await browser.newContext({ colorScheme: dark ? 'dark' : 'light', offline: true });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${pathToFileURL(path).href}${hash}`);
    await look(page);
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    expect(complaints).toEqual([]);
    await context.close();
  }

  test('opens with the verdict first, and shows what is hostile as text', async (context) => {
    await opened(context, hostileRun, '', async (page) => {
      expect(await page.locator('h1').textContent()).toBe('FOUND');
      expect(await page.locator('tbody tr').count()).toBe(3);
      expect(await page.locator('.findings').textContent()).toContain(HOSTILE[0]);
      for (const place of ['#/coverage', '#/trends', '#/benchmarks', '#/bugs', FIRST]) {
        await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
        await page.locator('h1').waitFor();
        expect(await page.locator('main img, main script, main svg [onload]').count()).toBe(0);
      }
    });
  });

  test('filters and sorts the table of findings', async (context) => {
    await opened(context, hostileRun, '', async (page) => {
      const first = page.locator('tbody tr').first();
      await page.getByRole('button', { name: 'Now' }).click();
      await page.getByRole('button', { name: 'Now' }).click();
      expect(await first.textContent()).toContain('03-e2fsck');
      expect(await page.locator('th[aria-sort]').getAttribute('aria-sort')).toBe('descending');
      await page.getByRole('searchbox').fill('NAMES tree');
      expect(await page.locator('tbody tr').allTextContents()).toEqual([expect.stringContaining('02-tree')]);
    });
  });

  test('steps through what both paths have in memory, by keys alone', async (context) => {
    await opened(context, hostileRun, FIRST, async (page) => {
      const heading = page.locator('.stepper h2').nth(1);
      const strips = page.locator('.strip');
      expect(await heading.textContent()).toBe('After step 3 of 3');
      expect(await page.locator('.answers tr.failed').first().textContent()).toContain('impl:iomap');
      expect(await strips.count()).toBe(2);
      expect(await strips.first().locator('.piece.delayed').count()).toBe(1);
      await page.keyboard.press('Home');
      expect(await heading.textContent()).toBe('After step 1 of 3');
      expect(await strips.first().locator('.piece.written').count()).toBe(1);
      await page.keyboard.press('ArrowRight');
      expect(await heading.textContent()).toBe('After step 2 of 3');
      expect(await strips.first().locator('.lane').getAttribute('aria-label')).toContain(
        '1 block delayed from 1',
      );
      expect(await page.locator('li[aria-current=step]').textContent()).toContain('pwrite');
    });
  });

  test('draws what a power cut left of each write', async (context) => {
    await opened(context, hostileRun, FIRST, async (page) => {
      await page.locator('.cut tbody').waitFor();
      const classes = `[...document.querySelectorAll('.cut tbody tr')].map((row) => row.className)`;
      expect(await page.evaluate(classes)).toEqual(['durable', 'line', 'there', 'torn', 'lost', 'line']);
      expect(await page.locator('.cut .torn .sectors').getAttribute('aria-label')).toBe(
        '3 of 4 sectors arrived',
      );
      expect(await page.locator('.cut tr.lost').textContent()).toContain('had not ended');
    });
  });

  test('everything can be reached without a mouse, and shows where the focus is', async (context) => {
    await opened(context, hostileRun, '', async (page) => {
      await page.keyboard.press('/');
      expect(await page.evaluate('document.activeElement.type')).toBe('search');
      await page.keyboard.type('result');
      // Seven headings of columns lie between the field and the first finding.
      for (let heading = 0; heading < 8; heading++) await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('01-result');
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
      await page.keyboard.press('Enter');
      await page.locator('article').waitFor();
      expect(await page.locator('h1').textContent()).toContain('impl:iomap answers pread differently');
      await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('H1');
    });
  });

  test('copies the command that shows it again', async (context) => {
    await opened(context, hostileRun, FIRST, async (page) => {
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.locator('.command button').first().click();
      await page.getByText('Copied', { exact: true }).waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
        `replay /runs/${HOSTILE[1]}/case.json`,
      );
    });
  });

  test('is dark where the system is, and as its button says', async (context) => {
    const background = 'getComputedStyle(document.body).backgroundColor';
    const isDark = async (page: Page): Promise<boolean> => {
      const [red = 255] = /\d+/.exec(String(await page.evaluate(background)))?.map(Number) ?? [];
      return red < 64;
    };
    await opened(
      context,
      hostileRun,
      '',
      async (page) => {
        expect(await isDark(page)).toBe(true);
        await page.getByRole('button', { name: /Theme/ }).click();
        expect(await isDark(page)).toBe(false);
        await page.getByRole('button', { name: /Theme/ }).click();
        expect(await isDark(page)).toBe(true);
      },
      true,
    );
  });

  test('zeros of the coverage stand out, and what cannot be is empty', async (context) => {
    await opened(context, hostileRun, '#/coverage', async (page) => {
      const answers = page.locator('.heat').first();
      expect(await answers.locator('td.zero').allTextContents()).toEqual(['0', '0']);
      expect(await answers.textContent()).toContain('2 of 4 never occurred');
      expect(await answers.locator('td.none').count()).toBe(2);
    });
  });

  test('stays usable with a hundred thousand findings', async (context) => {
    await opened(context, longRun(100_000), '', async (page) => {
      expect(await page.locator('tbody tr').count()).toBe(200);
      await page.getByRole('searchbox').fill('1234-tree');
      await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
      expect(await page.locator('.note').allTextContents()).toEqual(
        expect.arrayContaining([expect.stringContaining('100000 findings')]),
      );
    });
  });
});
