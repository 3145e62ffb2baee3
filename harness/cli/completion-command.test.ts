import { execaSync } from 'execa';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { FORM_NAMES } from './export-command.ts';
import { twinpath } from './said.fixture.ts';

/** What each shell is asked: `file` has the completion, the words are on the command line, the last one is being typed. */
const ASK: Readonly<Record<string, (file: string, words: readonly string[]) => string>> = {
  bash: (file, words) => `
    source '${file}'
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
    _twinpath
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  // The function is the real one; what zsh would show in its menus is printed.
  zsh: (file, words) => `
    compdef() { : }
    _files() { : }
    compadd() { shift; print -l -- "$@" }
    _describe() { print -l -- "\${(@)\${(P@)argv[-1]}%%:*}" }
    source '${file}'
    words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}
    _twinpath`,
  fish: (file, words) => `source '${file}'; complete -C '${words.join(' ')}'`,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'completion-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(Object.keys(ASK))('completion for %s', (shell) => {
  /** What is offered for the last word, sorted; without what it means. */
  async function offered({ skip }: TestContext, ...words: string[]): Promise<string[]> {
    if (execaSync(shell, ['-c', 'true'], { reject: false }).failed)
      skip(`unknown: ${shell} is not installed`);
    const file = join(folder, shell);
    writeFileSync(file, (await twinpath('completion', shell)).out);
    const script = ASK[shell]?.(file, ['twinpath', ...words]) ?? '';
    const { stdout, stderr } = execaSync(shell, ['-c', script], { cwd: folder, reject: false });
    expect(stderr).toBe('');
    const typed = words.at(-1) ?? '';
    return stdout
      .split('\n')
      .map((line) => line.split('\t')[0] ?? '')
      .filter((word) => word !== '' && word.startsWith(typed))
      .sort();
  }

  test('verbs', async (context) => {
    expect(await offered(context, 'cra')).toEqual(['crash']);
    expect(await offered(context, 'image', 'm')).toEqual(['map', 'mkfs']);
  });

  test('options of the verb that stands there', async (context) => {
    expect(await offered(context, 'check', '--seed', '7', '--sh')).toEqual(['--shrink-seconds']);
    expect(await offered(context, 'image', 'mkfs', '--sh')).toEqual([]);
  });

  test('what an option or an argument may be', async (context) => {
    expect(await offered(context, 'export', 'case.json', '--as', '')).toEqual([...FORM_NAMES].sort());
    expect(await offered(context, 'completion', '')).toEqual(Object.keys(ASK).sort());
  });

  test('nothing that --help does not show', async (context) => {
    expect(await offered(context, 'check', '--fau')).toEqual([]);
  });
});

test('another shell is a mistake of the user', async () => {
  const { code, err } = await twinpath('completion', 'tcsh');
  expect([code, err]).toEqual([2, expect.stringContaining('bash, zsh, fish')]);
});
