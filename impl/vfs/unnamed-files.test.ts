import { expect, test } from 'vitest';
import { e2fsck } from './disk-image.fixture.ts';
import { newDisk, testMount } from './test-mount.fixture.ts';

const UNNAMED = { access: 'read-write', tmpfile: true } as const;

const bytes = new Uint8Array(20_000).fill(7);

test('closing an unnamed file gives back all that it took', async () => {
  const disk = newDisk();
  const fs = testMount(disk);
  const before = fs.statfs();
  const fd = fs.open('.', UNNAMED, 0o600);
  fs.write(fd, bytes);
  fs.fsync(fd);
  expect(fs.statfs().inodesFree).toBe(before.inodesFree - 1);
  fs.close(fd);
  expect(fs.statfs()).toEqual(before);
  fs.unmount();
  expect(await e2fsck(disk)).toBe('clean');
});

test.each([[[]], [['orphan_file']]])(
  'after a power cut recovery frees it (features %j)',
  async (features) => {
    const disk = newDisk(1024, 8 << 20, { features });
    const fs = testMount(disk);
    const before = fs.statfs();
    const fds = [1, 2, 3].map(() => fs.open('.', UNNAMED, 0o600));
    for (const fd of fds) fs.write(fd, bytes);
    fs.linkHandle(fds[1] ?? -1, 'kept');
    fs.sync();
    const cut = disk.snapshot();
    const again = testMount(cut);
    expect(again.statfs().inodesFree).toBe(before.inodesFree - 1);
    expect(
      again
        .readdir('.')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['kept', 'lost+found']);
    expect(again.stat('kept')).toMatchObject({ links: 1, size: bytes.length });
    again.unmount();
    expect(await e2fsck(cut)).toBe('clean');
    fs.closeAll();
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
  },
);
