import { expect, test } from 'vitest';
import { e2fsck } from './disk-image.fixture.ts';
import { extentsOf, newDisk, testMount } from './test-mount.fixture.ts';

/** What is there after a power cut right behind fallocate(2), by how the file was opened. */
test.each([
  [{ sync: true }, 50_000],
  [{ dsync: true }, 50_000],
  [{}, 0],
] as const)('a descriptor with %o finds a file of %i bytes again', async (flags, size) => {
  const disk = newDisk(4096);
  const fs = testMount(disk);
  fs.close(fs.open('f', { access: 'write', create: true }));
  fs.sync();
  const fd = fs.open('f', { access: 'read-write', ...flags });
  fs.fallocate(fd, 'allocate', 0, 50_000);
  const after = disk.snapshot();
  const again = testMount(after);
  expect(again.stat('f').size).toBe(size);
  expect(extentsOf(again, 'f').reduce((sum, { length }) => sum + length, 0)).toBe(
    Math.ceil(size / 4096) * 4096,
  );
  again.unmount();
  expect(await e2fsck(after)).toBe('clean');
  fs.closeAll();
  fs.unmount();
});
