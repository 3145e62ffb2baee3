import { expect, test } from 'vitest';
import { e2fsck } from './disk-image.fixture.ts';
import { newDisk, outcome, testMount } from './test-mount.fixture.ts';

// Found by `twinpath check`: the promise of a block was kept when nothing was copied into it from its middle on.
test.each([{}, { bufferedIomap: true }, { delalloc: false }, { bufferedIomap: true, delalloc: false }])(
  'what is free after a write of which no byte can be copied is free after a new mount: %o',
  async (request) => {
    const disk = newDisk();
    for (const offset of [1, 0, 1500]) {
      const fs = testMount(disk, request);
      const fd = fs.open(`f${offset}`, { access: 'read-write', create: true });
      expect(outcome(() => fs.pwrite(fd, new Uint8Array(1), offset, { faultAt: 0 }))).toBe('EFAULT');
      fs.checkInvariants();
      fs.close(fd);
      fs.sync();
      const { blocksFree } = fs.statfs();
      fs.unmount();
      const again = testMount(disk);
      expect(again.statfs().blocksFree).toBe(blocksFree);
      again.unmount();
    }
    expect(await e2fsck(disk)).toBe('clean');
  },
);
