import { execa } from 'execa';
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { MountRefused } from '../lib/corruption.ts';
import { loadImage, withImage } from './disk-image.fixture.ts';
import { newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

/** What a disk looks like after debugfs has followed these requests. */
const changed = (disk: MemoryDisk, requests: readonly string[]): Promise<MemoryDisk> =>
  withImage(disk, async (path) => {
    await execa('debugfs', ['-w', '-f', '-', path], { input: requests.join('\n') });
    return await loadImage(path);
  });

function bytesOf(disk: MemoryDisk): Uint8Array {
  const bytes = new Uint8Array(disk.sizeBytes);
  disk.read(0, bytes);
  return bytes;
}

const names = Array.from({ length: 200 }, (_, index) => `A Name of some Length, number ${index}`);

test('a casefolded directory is read as it is spelt, whatever its index says; nothing is written', async () => {
  const disk = newDisk();
  const fs = testMount(disk);
  fs.mkdir('d', 0o755);
  for (const name of names) putFile(fs, `d/${name}`);
  fs.unmount();
  // With another seed every hash of a plain name leads astray, as in a directory that goes by folded names.
  const seed = '01234567-89ab-cdef-0123-456789abcdef';
  const folded = await changed(disk, [
    'feature casefold',
    `ssv hash_seed ${seed}`,
    // EXT4_CASEFOLD_FL, EXT4_EXTENTS_FL and EXT4_INDEX_FL.
    'sif d flags 0x40081000',
  ]);
  expect(() => testMount(folded)).toThrow(MountRefused);
  expect(() => testMount(folded)).toThrow(/casefold/);
  const before = bytesOf(folded);
  const reader = testMount(folded, { readOnly: true });
  for (const name of names) expect(reader.lstat(`d/${name}`).type).toBe('file');
  expect(outcome(() => reader.lstat('d/a name of some length, number 7'))).toBe('ENOENT');
  expect(outcome(() => reader.unlink(`d/${names[0] ?? ''}`))).toBe('EROFS');
  expect(reader.readdir('d')).toHaveLength(names.length);
  reader.unmount();
  expect(Buffer.compare(before, bytesOf(folded))).toBe(0);
});

test('contents of an encrypted file are not shown as if they were its own', async () => {
  const disk = newDisk();
  const fs = testMount(disk);
  putFile(fs, 'secret', new Uint8Array(100).fill(1));
  putFile(fs, 'plain', new Uint8Array(100).fill(2));
  fs.symlink('x'.repeat(20), 'link');
  fs.unmount();
  // EXT4_ENCRYPT_FL; files have EXT4_EXTENTS_FL as well.
  const requests = ['feature encrypt', 'sif secret flags 0x80800', 'sif link flags 0x800'];
  const encrypted = await changed(disk, requests);
  expect(() => testMount(encrypted)).toThrow(/read-write with features: encrypt/);
  const reader = testMount(encrypted, { readOnly: true });
  expect(outcome(() => reader.open('secret', { access: 'read' }))).toBe('EOPNOTSUPP');
  expect(outcome(() => reader.readlink('link'))).toBe('EOPNOTSUPP');
  expect(reader.lstat('secret').size).toBe(100);
  reader.close(reader.open('plain', { access: 'read' }));
  reader.unmount();
});

// ext4_should_use_buffered_iomap() of the series (patch 09): neither feature has the new path.
test.each([
  ['encrypt', 'ext4_da_aops'],
  ['verity', 'ext4_da_aops'],
  ['casefold', 'ext4_iomap_aops'],
])('with %s a file has the table %s, whatever the mount option says', async (feature, table) => {
  const disk = newDisk();
  const fs = testMount(disk);
  putFile(fs, 'plain', new Uint8Array(100).fill(2));
  fs.unmount();
  const reader = testMount(await changed(disk, [`feature ${feature}`]), {
    readOnly: true,
    bufferedIomap: true,
  });
  expect(reader.table('plain')).toBe(table);
  reader.unmount();
});

test.each(['quota', 'mmp', 'casefold', 'encrypt', 'verity'])(
  'an image of our own with %s is read and not written, and the word is clear',
  (feature) => {
    const disk = newDisk(1024, 8 * 2 ** 20, { features: [feature] });
    const before = bytesOf(disk);
    expect(() => testMount(disk)).toThrow(MountRefused);
    expect(() => testMount(disk)).toThrow(new RegExp(`cannot mount read-write with features: ${feature}$`));
    const reader = testMount(disk, { readOnly: true });
    expect(reader.readdir('.').map(({ name }) => name)).toContain('lost+found');
    expect(outcome(() => reader.mkdir('d', 0o755))).toBe('EROFS');
    reader.unmount();
    expect(Buffer.compare(before, bytesOf(disk))).toBe(0);
  },
);

const WRITTEN_BLOCK = 9000;
const quotaDisk = (): MemoryDisk => newDisk(1024, 16 * 2 ** 20, { features: ['quota'] });

/** What Linux 6.18 answers to this image, too, with these words; debugfs does not keep the quotas, so only e2fsck -E can check. */
test('a dirty image with quotas is recovered and mounted read-only; its orphans stay', async () => {
  const disk = await withImage(quotaDisk(), async (path) => {
    const requests = [`write ${path}.block a`, `write ${path}.block b`, 'sif b links_count 0', 'unlink b'];
    const log = ['ssv last_orphan 13', 'jo', `jw -b ${WRITTEN_BLOCK} ${path}.block`, 'jc'];
    await writeFile(`${path}.block`, Buffer.alloc(1024, 'logged '));
    await execa('debugfs', ['-w', '-f', '-', path], { input: [...requests, ...log].join('\n') });
    return await loadImage(path);
  });
  expect(() => testMount(disk.snapshot())).toThrow(/read-write with features: quota$/);
  const reader = testMount(disk, { readOnly: true });
  expect(reader.notices).toEqual(['recovery complete', 'skipping orphan cleanup due to features: quota']);
  expect(reader.lstat('a').type).toBe('file');
  expect(outcome(() => reader.unlink('a'))).toBe('EROFS');
  reader.unmount();
  expect(Buffer.from(bytesOf(disk)).toString('latin1', WRITTEN_BLOCK * 1024, WRITTEN_BLOCK * 1024 + 14)).toBe(
    'logged logged ',
  );
  await withImage(disk, async (path) => {
    const { stdout } = await execa('dumpe2fs', ['-h', path]);
    expect(stdout).not.toContain('needs_recovery');
    expect(stdout).toMatch(/First orphan inode: +13\n/);
  });
  // Again: nothing is left to be recovered, and nothing is written any more.
  const before = bytesOf(disk);
  const again = testMount(disk, { readOnly: true });
  expect(again.notices).toEqual(['skipping orphan cleanup due to features: quota']);
  again.unmount();
  expect(Buffer.compare(before, bytesOf(disk))).toBe(0);
});
