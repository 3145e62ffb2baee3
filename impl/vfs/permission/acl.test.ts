import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../../block/memory-disk.ts';
import { mkfs } from '../../ext4/mkfs/mkfs.ts';
import { onKernel, performCall, type Call } from '../call-script.fixture.ts';
import { e2fsck, loadImage, withImage } from '../disk-image.fixture.ts';
import { scriptedKernelTest } from '../kernel-mount.fixture.ts';
import { NOW, testMount } from '../test-mount.fixture.ts';

const newDisk = (inodeSize: number): MemoryDisk =>
  mkfs({
    blockSize: 1024,
    inodeSize,
    sizeBytes: 8 * 2 ** 20,
    uuid: new Uint8Array(16).fill(7),
    hashSeed: new Uint8Array(16).fill(9),
    now: NOW.seconds,
  });

const ACCESS = 'system.posix_acl_access';
const DEFAULT = 'system.posix_acl_default';

/** e_tag of include/uapi/linux/posix_acl.h. */
const TAG = { userObj: 1, user: 2, groupObj: 4, group: 8, mask: 16, other: 32 };

const hexOf = (value: number, bytes: number): string => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value >>> 0);
  return buffer.subarray(0, bytes).toString('hex');
};

/** One entry of the form that system calls take: tag, permissions, id. */
const entry = (tag: number, permissions: number, id = 0xffffffff): string =>
  hexOf(tag, 2) + hexOf(permissions, 2) + hexOf(id, 4);

const VERSION = '02000000';
const bits = fc.integer({ min: 0, max: 7 });
const id = fc.constantFrom(7, 8, 9);

/** Lists that mean something, with named entries, with a mask, with neither. */
const valid = fc
  .tuple(
    fc.array(fc.tuple(id, bits), { maxLength: 3 }),
    fc.array(fc.tuple(id, bits), { maxLength: 3 }),
    fc.boolean(),
    bits,
    bits,
    bits,
    bits,
  )
  .map(([users, groups, masked, user, group, mask, other]) => {
    const needsMask = masked || users.length + groups.length > 0;
    return [
      entry(TAG.userObj, user),
      ...users.map(([who, rights]) => entry(TAG.user, rights, who)),
      entry(TAG.groupObj, group),
      ...groups.map(([who, rights]) => entry(TAG.group, rights, who)),
      ...(needsMask ? [entry(TAG.mask, mask)] : []),
      entry(TAG.other, other),
    ].join('');
  });

/** Lists out of order, incomplete, with unknown tags and impossible permissions. */
const anyEntry = fc
  .tuple(
    fc.constantFrom(...Object.values(TAG), 3),
    fc.integer({ min: 0, max: 8 }),
    fc.constantFrom(7, 0xffffffff),
  )
  .map(([tag, rights, who]) => entry(tag, rights, who));
const strange = fc.oneof(
  fc.array(anyEntry, { maxLength: 5 }).map((entries) => VERSION + entries.join('')),
  fc.constantFrom('', '01000000', '0200', `${VERSION}00`),
);

const list = fc.oneof(
  { weight: 6, arbitrary: valid.map((text) => VERSION + text) },
  { weight: 1, arbitrary: strange },
);

const FILES = ['a', 'dir/new', 'dir/sub/new'];
const DIRECTORIES = ['dir', 'dir/sub'];
const path = fc.constantFrom(...FILES, ...DIRECTORIES);
const mode = fc.oneof(fc.integer({ min: 0, max: 0o777 }), fc.integer({ min: 0, max: 0o7777 }));
const nameOf = fc.constantFrom(ACCESS, DEFAULT);

/** As root, a call or two; as somebody else, an attempt to read and to write. */
const step: fc.Arbitrary<Call[]> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(path, nameOf, list)
      .map(([to, name, value]): Call[] => [{ op: 'set', path: to, name, value }]),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(path, nameOf).map(([of, name]): Call[] => [{ op: 'remove', path: of, name }]),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(path, mode).map(([of, to]): Call[] => [{ op: 'chmod', path: of, mode: to }]),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...FILES), mode).map(([of, to]): Call[] => [
      { op: 'unlink', path: of },
      { op: 'file', path: of, mode: to & 0o777 },
    ]),
  },
  {
    weight: 1,
    arbitrary: mode.map((to): Call[] => [
      { op: 'unlink', path: 'dir/sub/new' },
      { op: 'rmdir', path: 'dir/sub' },
      { op: 'mkdir', path: 'dir/sub', mode: to & 0o1777 },
    ]),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(path, id).map(([of, gid]): Call[] => [{ op: 'chown', path: of, uid: 5, gid }]),
  },
  {
    // Attributes of users ask for the permissions of the file.
    weight: 4,
    arbitrary: fc
      .tuple(id, id, fc.array(id, { maxLength: 2 }), path)
      .map(([uid, gid, groups, of]): Call[] => [
        { op: 'as', uid, gid, groups },
        { op: 'get', path: of, name: 'user.x' },
        { op: 'set', path: of, name: 'user.x', value: '00' },
        { op: 'as', uid: 0, gid: 0, groups: [] },
      ]),
  },
);

const MAKE: readonly Call[] = [
  { op: 'file', path: 'a', mode: 0o644 },
  { op: 'mkdir', path: 'dir', mode: 0o755 },
  { op: 'mkdir', path: 'dir/sub', mode: 0o755 },
];

const LOOK: readonly Call[] = [...FILES, ...DIRECTORIES].flatMap((of): Call[] => [
  { op: 'stat', path: of },
  { op: 'list', path: of },
  { op: 'get', path: of, name: ACCESS },
  { op: 'get', path: of, name: DEFAULT },
]);

const sequence = (count: number, seed: number): Call[] => [
  ...MAKE,
  ...fc
    .sample(step, { numRuns: count, seed })
    .flatMap((calls, index) => (index % 10 === 9 ? [...calls, ...LOOK] : calls)),
  ...LOOK,
];

describe.each([128, 256])('ACLs in inodes of %i bytes', (inodeSize) => {
  const input = sequence(200, inodeSize);

  test('e2fsck is silent', async () => {
    const disk = newDisk(inodeSize);
    const fs = testMount(disk);
    const answers = input.map((call) => performCall(fs, call));
    // Most calls do something.
    expect(answers.filter((answer) => answer === 'done').length).toBeGreaterThan(input.length / 4);
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
  });

  scriptedKernelTest('the kernel answers the same, and reads the same from our image', async () => {
    const disk = newDisk(inodeSize);
    const fs = testMount(disk);
    const answers = input.map((call) => performCall(fs, call));
    fs.unmount();
    await withImage(newDisk(inodeSize), async (image) => {
      const theirs = await onKernel(image, input);
      input.forEach((call, index) => expect([call, theirs[index]]).toEqual([call, answers[index]]));
      const mounted = testMount(await loadImage(image), { readOnly: true });
      expect(LOOK.map((call) => performCall(mounted, call))).toEqual(answers.slice(-LOOK.length));
    });
    await withImage(disk, async (image) => {
      expect(await onKernel(image, LOOK)).toEqual(answers.slice(-LOOK.length));
    });
  });
});
