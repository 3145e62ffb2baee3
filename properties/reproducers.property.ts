import { execa } from 'execa';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withDir } from 'tmp-promise';
import { beforeAll, describe, expect, test, type TestContext } from 'vitest';
import {
  DEFAULT_SETUP,
  FORMS,
  generateSequence,
  reproductionOf,
  sequenceSeed,
  type Case,
  type Written,
} from '../harness/index.ts';
import type { Operation } from '../model/index.ts';
import { whyNoKernel, withMounted } from './kernel-mount.fixture.ts';

const SBIN = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

/** Longer by hand: TWINPATH_REPRODUCERS=300. */
const SEQUENCES = Number(process.env['TWINPATH_REPRODUCERS'] ?? 5);

const caseOf = (operations: readonly Operation[], setup = DEFAULT_SETUP): Case => ({
  format: 'twinpath-case',
  version: 1,
  setup,
  targets: [],
  faults: [],
  origin: { seed: null, run: null },
  failure: null,
  operations,
});

function written(form: string, saved: Case): Written {
  const found = FORMS.find(({ name }) => name === form);
  if (found === undefined) throw new Error(`no form ${form}`);
  return found.write(reproductionOf(saved));
}

/** Short sequences on a device that does not fill up: what a full one answers, no reproducer can know. */
function cases(count: number, without: readonly 'remount'[]): Case[] {
  return Array.from({ length: count }, (_, number) => {
    const limits = {
      maxOperations: 20,
      blockSize: null,
      without: ['project', 'fast_commit', 'quota'],
      // This kernel's caller may lack CAP_SYS_RESOURCE, which chattr +j wants.
      unperformed: ['chattr', 'set-project', 'reconfigure', 'swapon', 'freeze', ...without] as const,
    };
    const { setup, operations } = generateSequence(sequenceSeed(7, number), limits);
    return caseOf(operations, { ...setup, sizeBytes: Math.max(setup.sizeBytes, 64 << 20) });
  }).filter(({ setup }) => setup.blockSize <= 4096 && setup.mount.dax !== true);
}

const WRONG_ON_TMPFS: readonly Operation[] = [
  { op: 'open', as: 'fd0', path: 'f', access: 'read-write', flags: { create: true }, mode: 0o644 },
  // ext4 with blocks of 4096 bytes ends at 16 TiB (EFBIG), tmpfs does not.
  { op: 'ftruncate', handle: 'fd0', size: 2 ** 44 },
];

const MKFS = /^ \* {3}(mke2fs .*) image (\d+)$/m;
const MOUNT = /^ \* {3}mount -t ext4 -o (\S*) /m;

/** Makes the file system as the program's own words say, mounts it and runs the program there. */
async function runOnLoop(program: string, text: string, size: number, folder: string): Promise<string> {
  const [, mke2fs = '', blocks = ''] = MKFS.exec(text) ?? [];
  const [, options = ''] = MOUNT.exec(text) ?? [];
  const image = join(folder, 'image');
  await execa('truncate', ['-s', String(size), image]);
  const [command = '', ...words] = mke2fs.split(' ');
  await execa(command, [...words, image, blocks], { env: SBIN });
  return await withMounted(image, folder, options, async (root) => {
    const { all, exitCode } = await execa(program, [root], { all: true, reject: false });
    return `${exitCode ?? 'killed'}: ${all}`;
  });
}

async function compiled(text: string, folder: string): Promise<string> {
  const program = join(folder, 'reproducer');
  writeFileSync(join(folder, 'case.c'), text);
  await execa('cc', ['-Wall', '-Werror', '-o', program, join(folder, 'case.c')]);
  return program;
}

const inFolder = <T>(body: (folder: string) => Promise<T>): Promise<T> =>
  withDir(({ path }) => body(path), { unsafeCleanup: true });

describe('reproducers', () => {
  let noKernel: string | null = null;
  const missing = new Set<string>();
  beforeAll(async () => {
    noKernel = await whyNoKernel();
    for (const program of ['cc', 'xfs_io', 'unshare', 'setpriv']) {
      if ((await execa('sh', ['-c', `command -v ${program}`], { reject: false, env: SBIN })).failed)
        missing.add(program);
    }
  });
  const need = (context: TestContext, kernel: boolean, ...programs: readonly string[]): void => {
    if (kernel && noKernel !== null) context.skip(`unknown: ${noKernel}`);
    const without = programs.find((program) => missing.has(program));
    if (without !== undefined) context.skip(`unknown: no ${without}`);
  };

  test('in C: the kernel answers what they expect', async (context) => {
    need(context, true, 'cc');
    for (const [number, saved] of cases(SEQUENCES, ['remount']).entries()) {
      const { text } = written('c', saved);
      const said = await inFolder(async (folder) =>
        runOnLoop(await compiled(text, folder), text, saved.setup.sizeBytes, folder),
      );
      expect(said, `sequence ${number}`).toMatch(/^0: .*every answer was right$/s);
    }
  });

  test('in C: a wrong answer is named', async (context) => {
    need(context, false, 'cc');
    await inFolder(async (folder) => {
      const program = await compiled(written('c', caseOf(WRONG_ON_TMPFS)).text, folder);
      const tmpfs = await execa('stat', ['-f', '-c', '%T', '/dev/shm'], { reject: false });
      if (tmpfs.stdout !== 'tmpfs') context.skip('unknown: /dev/shm is no tmpfs');
      const root = join('/dev/shm', `twinpath-reproducer-${process.pid}`);
      mkdirSync(root);
      const { stdout, exitCode } = await execa(program, [root], { reject: false });
      await execa('rm', ['-rf', root]);
      expect(exitCode).toBe(1);
      expect(stdout).toContain('step 2: ftruncate(fd0, 17592186044416):');
      expect(stdout).toContain('expected -27 (File too large)');
    });
  });

  test('in shell: the kernel answers what they expect', async (context) => {
    need(context, true, 'xfs_io', 'unshare', 'setpriv');
    let ran = 0;
    for (const [number, saved] of cases(6 * SEQUENCES, []).entries()) {
      // Shorter, so that it can be said whole more often.
      const { text, obstacles } = written('sh', { ...saved, operations: saved.operations.slice(0, 5) });
      if (obstacles.length > 0 || ran >= SEQUENCES) continue;
      ran++;
      const said = await inFolder(async (folder) => {
        writeFileSync(join(folder, 'case.sh'), text);
        return await execa('sh', [join(folder, 'case.sh')], { all: true, reject: false });
      });
      expect(said.all, `sequence ${number}`).toMatch(/every answer was right$/);
    }
    expect(ran).toBeGreaterThan(0);
  });

  test('in shell: a wrong answer is named, and fails', async (context) => {
    need(context, true, 'xfs_io', 'unshare', 'setpriv');
    const { text } = written('sh', caseOf(WRONG_ON_TMPFS));
    await inFolder(async (folder) => {
      writeFileSync(
        join(folder, 'case.sh'),
        text.replace(/mount -t ext4 -o \S+ "\$device"/, 'mount -t tmpfs none'),
      );
      const { stdout, exitCode } = await execa('sh', [join(folder, 'case.sh')], { reject: false });
      expect(exitCode).toBe(1);
      expect(stdout).toContain(
        'step 2: xfs_io -c truncate 17592186044416 f: succeeds, expected: File too large',
      );
    });
  });

  test('for xfstests: silent where all is right', async (context) => {
    need(context, true, 'xfs_io');
    const saved = caseOf([
      ...WRONG_ON_TMPFS,
      { op: 'pwrite', handle: 'fd0', offset: 100, content: { seed: 3, length: 5000 } },
      { op: 'remount' },
    ]);
    const { text, beside, obstacles } = written('fstests', saved);
    expect(obstacles).toEqual([]);
    await inFolder(async (folder) => {
      // What a test of xfstests is given, as far as ours asks for it; the harness itself is in no package.
      mkdirSync(join(folder, 'common'));
      mkdirSync(join(folder, 'scratch'));
      writeFileSync(join(folder, 'common', 'preamble'), PREAMBLE);
      writeFileSync(join(folder, 'NNN'), text);
      const { stdout } = await execa('unshare', ['-m', 'bash', './NNN'], { cwd: folder });
      expect(`QA output created by NNN\n${stdout}\n`).toBe(beside?.['out']);
    });
  });
});

/** A real fsx, of xfstests: the one that TWINPATH_FSX names, else one on the PATH. */
const FSX = process.env['TWINPATH_FSX'] ?? 'fsx';

/** Why there is none; an older one knows no --replay-ops, and says so with its usage. */
async function whyNoFsx(folder: string): Promise<string | null> {
  writeFileSync(join(folder, 'probe'), 'write 0x0 0x10 0x0\n');
  const { failed } = await execa(FSX, ['--replay-ops', join(folder, 'probe'), join(folder, 'file')], {
    reject: false,
  });
  return failed ? `${FSX} cannot be run, or not with --replay-ops` : null;
}

describe('programs for one file', () => {
  /** All that the form can say of short sequences, each on an ext4 with blocks of its size. */
  async function eachWritten(
    form: string,
    look: (text: string, file: string, folder: string, number: number) => Promise<void>,
  ): Promise<void> {
    for (const [number, saved] of cases(4 * SEQUENCES, []).entries()) {
      const { text } = written(form, saved);
      if (text.split('\n').every((line) => line === '' || line.startsWith('#'))) continue;
      await inFolder(async (folder) => {
        const image = join(folder, 'image');
        await execa('truncate', ['-s', '64M', image]);
        await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', String(saved.setup.blockSize), image], {
          env: SBIN,
        });
        await withMounted(image, folder, 'rw', (root) => look(text, join(root, 'file'), folder, number));
      });
    }
  }

  test('an ops file is replayed by a real fsx to its end', async (context) => {
    const noFsx = await inFolder(whyNoFsx);
    const why = noFsx ?? (await whyNoKernel());
    if (why !== null) context.skip(`unknown: ${why}`);
    await eachWritten('fsx', async (text, file, folder, number) => {
      const ops = join(folder, 'case.fsxops');
      writeFileSync(ops, text);
      const [, length = ''] = /fsx -l (\d+) --replay-ops/.exec(text) ?? [];
      const { all } = await execa(FSX, ['-l', length, '--replay-ops', ops, file], {
        all: true,
        reject: false,
        timeout: 60_000,
      });
      expect(all, `sequence ${number}`).toMatch(/operations completed A-OK!$/m);
    });
  });

  test('every command of xfs_io is one that it knows', async (context) => {
    const found = await execa('sh', ['-c', 'command -v xfs_io'], { env: SBIN, reject: false });
    const why = found.failed ? 'no xfs_io' : await whyNoKernel();
    if (why !== null) context.skip(`unknown: ${why}`);
    await eachWritten('xfs_io', async (text, file, _, number) => {
      const input = text
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .join('\n');
      const { all } = await execa('xfs_io', ['-f', file], { all: true, input, env: SBIN, reject: false });
      // Its own words begin with a small letter; the kernel's "Invalid argument" is an answer like others.
      expect(all, `sequence ${number}`).not.toMatch(
        /not found|invalid|bad argument count|[Uu]sage|non-numeric/,
      );
    });
  });
});

const PREAMBLE = String.raw`
export PATH="$PATH:/usr/sbin:/sbin" LC_ALL=C SCRATCH_MNT="$PWD/scratch" seqres="$PWD/NNN" MKFS_OPTIONS= top="$PWD"
_begin_fstest() { trap '_scratch_unmount 2>/dev/null; [ -z "$dev" ] || losetup -d $dev' EXIT; }
_require_scratch() { :; }
_require_xfs_io_command() { :; }
_fail() { echo "$*"; exit 1; }
_scratch_mkfs_sized() {
	truncate -s "$1" image && mke2fs -q -F -t ext4 -b "$2" $MKFS_OPTIONS image && dev=$(losetup -f --show image)
}
_scratch_mount() { mount -t ext4 "$@" $dev "$SCRATCH_MNT"; }
_scratch_unmount() { umount "$SCRATCH_MNT"; }
_scratch_cycle_mount() { _scratch_unmount && _scratch_mount -o "$1"; }
`;
