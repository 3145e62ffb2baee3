import { expect, test } from 'vitest';
import { MountOptionError, readMountOptions } from './mount-options.ts';
import { parseMountTable } from './mount-table.ts';

test('the later of two words counts, in one list or in several', () => {
  const { image, kernel } = readMountOptions(['ro,buffered_iomap,errors=panic', 'rw,errors=continue,,suid']);
  expect(image).toMatchObject({ readOnly: false, bufferedIomap: true, errors: 'continue' });
  expect(kernel).toEqual({ allowOther: false, kernelCache: false, suid: true, dev: false, exec: true });
  expect(readMountOptions(['resuid=7,resgid=8']).image).toMatchObject({ resuid: 7, resgid: 8 });
});

test.each([
  'nonsense',
  'errors',
  'errors=',
  'errors=sometimes',
  'ro=1',
  'resuid=x',
  'resuid=5000000000',
  'toString',
])('-o %s is refused', (word) => {
  expect(() => readMountOptions([word])).toThrow(MountOptionError);
});

test('the table of mounts is read with its optional fields and its escapes', () => {
  const text =
    '36 35 98:0 /mnt1 /mnt\\040two rw,noatime master:1 shared:2 - fuse.twinpath /a\\134b rw,errors=continue\n' +
    '37 35 98:0 / /plain rw - ext4 /dev/sda rw\n';
  expect(parseMountTable(text)).toEqual([
    { mountPoint: '/mnt two', type: 'fuse.twinpath', source: '/a\\b' },
    { mountPoint: '/plain', type: 'ext4', source: '/dev/sda' },
  ]);
});
