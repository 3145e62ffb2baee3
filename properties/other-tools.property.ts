import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  contentBytes,
  DEFAULT_SETUP,
  timeOfStep,
  typescriptTargets,
  writeImage,
  type BlockSize,
  type DiskImage,
  type Session,
  type Setup,
  type Target,
} from '../harness/index.ts';
import type { Handle } from '../model/index.ts';
import { imageFile } from './image-file.fixture.ts';
import { e2fsprogs, openBench } from './workbench.fixture.ts';

const NOW = timeOfStep(0);
const FD: Handle = 'fd1';

/** Sizes around what matters: nothing, less than a block, whole blocks, more than a group of extents. */
const SIZES = [0, 1, 59, 60, 1000, 1024, 4095, 4096, 4097, 65_536, 300_000];

const CASES = typescriptTargets().flatMap((target) =>
  ([1024, 2048, 4096] as const).map((blockSize) => ({ target, blockSize, name: target.name })),
);

function contents(session: Session, path: string, length: number): Uint8Array | string {
  const apply = (operation: Parameters<Session['apply']>[0]) => session.apply(operation, NOW);
  const opened = apply({ op: 'open', as: FD, path, access: 'read', flags: {}, mode: 0 });
  if (opened instanceof Promise) return 'the target is not in this process';
  if (!opened.ok) return opened.errno;
  const read = apply({ op: 'pread', handle: FD, offset: 0, length: length + 1 });
  const bytes =
    !(read instanceof Promise) && read.ok && read.value.kind === 'data'
      ? read.value.bytes.slice()
      : 'no data';
  void apply({ op: 'close', handle: FD });
  return bytes;
}

const same = (left: Uint8Array | string, right: Uint8Array): boolean =>
  typeof left !== 'string' && Buffer.compare(left, right) === 0;

describe.each(CASES)('$name, blocks of $blockSize bytes', async ({ target, blockSize }) => {
  const { folder } = await openBench();
  const name = `${target.name.replaceAll(':', '-')}-${blockSize}`;

  test('what mke2fs wrote from a folder and debugfs added, we read', async () => {
    const source = join(folder, `${name}-source`);
    mkdirSync(join(source, 'directory'), { recursive: true });
    for (const size of SIZES)
      writeFileSync(join(source, 'directory', `file-${size}`), contentBytes({ seed: size, length: size }));
    symlinkSync('directory/file-60', join(source, 'link'));
    const added = join(folder, `${name}-added`);
    writeFileSync(added, contentBytes({ seed: 77, length: 123_456 }));
    const path = join(folder, `${name}-theirs`);
    writeFileSync(path, '');
    await e2fsprogs('mke2fs', ['-q', '-t', 'ext4', '-b', String(blockSize), '-d', source, path, '24M']);
    await e2fsprogs('debugfs', ['-w', '-f', '-', path], `mkdir made\nwrite ${added} made/added\n`);

    const session = await mounted(target, imageFile(path), blockSize);
    for (const size of SIZES) {
      expect(
        same(contents(session, `directory/file-${size}`, size), contentBytes({ seed: size, length: size })),
      ).toBe(true);
    }
    expect(same(contents(session, 'link', 60), contentBytes({ seed: 60, length: 60 }))).toBe(true);
    expect(same(contents(session, 'made/added', 123_456), contentBytes({ seed: 77, length: 123_456 }))).toBe(
      true,
    );
    await session.unmount();
  });

  test('what we wrote, debugfs reads', async () => {
    const setup: Setup = { ...DEFAULT_SETUP, blockSize };
    const session = await target.start(setup, { faults: [], now: NOW });
    await session.apply({ op: 'mkdir', path: 'directory', mode: 0o755 }, NOW);
    for (const size of SIZES) await write(session, `directory/file-${size}`, size);
    await session.apply({ op: 'symlink', target: 'directory/file-60', path: 'link' }, NOW);
    const path = join(folder, `${name}-ours`);
    writeImage((await session.unmount()) ?? expect.fail('no disk'), path);
    for (const size of SIZES) {
      const dumped = join(folder, `${name}-dumped`);
      await e2fsprogs('debugfs', ['-R', `dump directory/file-${size} ${dumped}`, path]);
      expect(same(readFileSync(dumped), contentBytes({ seed: size, length: size }))).toBe(true);
    }
    expect(await e2fsprogs('debugfs', ['-R', 'stat link', path])).toContain('directory/file-60');
  });
});

async function mounted(target: Target, image: DiskImage, blockSize: BlockSize): Promise<Session> {
  return await target.mount(image, { ...DEFAULT_SETUP, blockSize }, { faults: [], now: NOW });
}

async function write(session: Session, path: string, size: number): Promise<void> {
  const flags = { create: true } as const;
  await session.apply({ op: 'open', as: FD, path, access: 'write', flags, mode: 0o644 }, NOW);
  const answer = await session.apply(
    { op: 'pwrite', handle: FD, offset: 0, content: { seed: size, length: size } },
    NOW,
  );
  expect(answer).toEqual({ ok: true, value: { kind: 'count', count: size } });
  await session.apply({ op: 'close', handle: FD }, NOW);
}
