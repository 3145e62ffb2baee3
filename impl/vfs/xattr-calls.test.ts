import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { mkfs } from '../ext4/mkfs/mkfs.ts';
import { onKernel, performCall, type Call } from './call-script.fixture.ts';
import { e2fsck, loadImage, withImage } from './disk-image.fixture.ts';
import { scriptedKernelTest } from './kernel-mount.fixture.ts';
import { NOW, testMount } from './test-mount.fixture.ts';

/** A form of file system that keeps attributes in its own way. */
interface Form {
  readonly blockSize: number;
  readonly inodeSize: number;
  readonly features: readonly string[];
}

const newDisk = (form: Form): MemoryDisk =>
  mkfs({
    ...form,
    sizeBytes: 24 * 2 ** 20,
    inodes: 2048,
    journalBlocks: 2048,
    uuid: new Uint8Array(16).fill(7),
    hashSeed: new Uint8Array(16).fill(9),
    now: NOW.seconds,
  });

const PLAIN: Form = { blockSize: 1024, inodeSize: 256, features: [] };

/** Every kind of inode size, with both sizes of blocks, with and without values in inodes of their own. */
const FORMS: readonly Form[] = [
  { blockSize: 1024, inodeSize: 128, features: [] },
  { blockSize: 4096, inodeSize: 256, features: [] },
  { blockSize: 1024, inodeSize: 512, features: ['ea_inode'] },
  { blockSize: 4096, inodeSize: 128, features: ['ea_inode'] },
  { blockSize: 1024, inodeSize: 256, features: ['ea_inode', '^metadata_csum'] },
  { blockSize: 4096, inodeSize: 1024, features: [] },
];

const textOf = ({ blockSize, inodeSize, features }: Form): string =>
  `blocks of ${blockSize}, inodes of ${inodeSize}, ${features.join(' ') || 'no more features'}`;

const FILES = ['a', 'b', 'c', 'd', 'e'];
const PATHS = [...FILES, 'dir'];

const MAKE: readonly Call[] = [
  ...FILES.map((path): Call => ({ op: 'file', path, mode: 0o644 })),
  { op: 'mkdir', path: 'dir', mode: 0o755 },
  { op: 'symlink', path: 'link', target: 'a' },
];

/** Sizes at which something changes: paddings, the room in inodes of each size, blocks, values in inodes of their own. */
function sizes({ blockSize, features }: Form): fc.Arbitrary<number> {
  const room = [40, 60, 64, 84, 320, 352, 832, 864];
  const limits = [blockSize / 2, blockSize - 112, blockSize - 80, blockSize - 56, blockSize];
  const near = fc
    .tuple(fc.constantFrom(...room, ...limits), fc.integer({ min: -6, max: 6 }))
    .map(([at, off]) => at + off);
  const small = fc.integer({ min: 0, max: 9 });
  if (!features.includes('ea_inode')) return fc.oneof(small, near, near);
  return fc.oneof(small, near, near, fc.constantFrom(3000, 20_000, 65_535, 65_536));
}

const attributeName = fc
  .tuple(
    fc.constantFrom('user.', 'trusted.', 'security.'),
    fc.constantFrom('a', 'b', 'abc', 'x'.repeat(40), 'long'.repeat(50)),
  )
  .map(([prefix, rest]) => prefix + rest);

function calls(form: Form): fc.Arbitrary<Call> {
  const path = fc.constantFrom(...PATHS);
  const flags = fc.constantFrom({}, {}, {}, { flag: 'create' }, { flag: 'replace' }, {
    flag: 'both',
  } as const);
  const set = fc
    .tuple(path, attributeName, fc.constantFrom('01', '02', 'ff'), sizes(form), flags)
    .map(([to, name, value, repeat, flag]): Call => ({ op: 'set', path: to, name, value, repeat, ...flag }));
  const remove = fc
    .tuple(path, attributeName)
    .map(([from, name]): Call => ({ op: 'remove', path: from, name }));
  return fc.oneof({ weight: 3, arbitrary: set }, { weight: 1, arbitrary: remove });
}

/** `count` random calls; now and then a file goes and comes anew. */
function sequence(form: Form, count: number): Call[] {
  const seed = form.blockSize + form.inodeSize + form.features.length;
  const drawn = fc.sample(calls(form), { numRuns: count, seed });
  return [
    ...MAKE,
    ...drawn.flatMap((call, index): Call[] => {
      const path = FILES[index % FILES.length] ?? '';
      const renew: Call[] = [
        { op: 'unlink', path },
        { op: 'file', path, mode: 0o644 },
      ];
      return index % 23 === 22 ? [...renew, call] : [call];
    }),
  ];
}

/** What a file system answers to `list`, `get` and `stat` of everything. */
function lookAt(perform: (call: Call) => string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const path of PATHS) {
    const names = perform({ op: 'list', path });
    found[path] = `${names} ${perform({ op: 'stat', path })}`;
    for (const name of names.split(' ').filter((each) => each !== '')) {
      found[`${path} ${name}`] = perform({ op: 'get', path, name });
    }
  }
  return found;
}

const queriesOf = (found: Record<string, string>): Call[] =>
  Object.keys(found).flatMap((key): Call[] => {
    const [path = '', name] = key.split(' ');
    return name === undefined
      ? [
          { op: 'list', path },
          { op: 'stat', path },
        ]
      : [{ op: 'get', path, name }];
  });

/** What stands in a map of values by path and name. */
class Expected {
  readonly #values = new Map<string, string>();

  follow(call: Call, answer: string): void {
    if (call.op === 'unlink' && answer === 'done') {
      for (const key of this.#values.keys()) if (key.startsWith(`${call.path} `)) this.#values.delete(key);
    }
    if (call.op !== 'set' && call.op !== 'remove') return;
    const key = `${call.path} ${call.name}`;
    const exists = this.#values.has(key);
    expect(answer === 'ENODATA', JSON.stringify(call)).toBe(!exists && needsOld(call) && answer !== 'EEXIST');
    expect(answer === 'EEXIST', JSON.stringify(call)).toBe(exists && needsNew(call));
    if (answer !== 'done') return;
    if (call.op === 'set') this.#values.set(key, call.value.repeat(call.repeat ?? 1));
    else this.#values.delete(key);
  }

  check(perform: (call: Call) => string): void {
    for (const path of PATHS) {
      const mine = [...this.#values.keys()].filter((key) => key.startsWith(`${path} `));
      const names = mine.map((key) => key.slice(path.length + 1)).sort();
      expect(perform({ op: 'list', path })).toBe(names.join(' '));
      for (const name of names)
        expect(perform({ op: 'get', path, name })).toBe(this.#values.get(`${path} ${name}`));
    }
  }
}

const needsOld = (call: Call): boolean =>
  call.op === 'remove' || (call.op === 'set' && (call.flag === 'replace' || call.flag === 'both'));
const needsNew = (call: Call): boolean =>
  call.op === 'set' && (call.flag === 'create' || call.flag === 'both');

describe('random changes near every boundary', () => {
  test.each(FORMS)(
    '$blockSize $inodeSize $features: what was set is there, e2fsck is silent',
    async (form) => {
      const disk = newDisk(form);
      let fs = testMount(disk);
      const expected = new Expected();
      for (const [index, call] of sequence(form, 250).entries()) {
        expected.follow(call, performCall(fs, call));
        if (index % 60 === 59) fs.dropCaches();
        if (index % 110 !== 109) continue;
        // The power goes off, too: what recovery makes of it is sound.
        fs.sync();
        const cut = disk.snapshot();
        testMount(cut).unmount();
        expect(await e2fsck(cut)).toBe('clean');
        fs.unmount();
        fs = testMount(disk);
      }
      expected.check((call) => performCall(fs, call));
      fs.unmount();
      expect(await e2fsck(disk)).toBe('clean');
    },
  );

  // All of them on demand: each mounts twice.
  const asked = process.env['TWINPATH_THOROUGH'] === undefined ? FORMS.slice(2, 3) : FORMS;
  for (const form of asked) {
    scriptedKernelTest(`the kernel answers the same: ${textOf(form)}`, async () => {
      const input = sequence(form, 250);
      const disk = newDisk(form);
      const fs = testMount(disk);
      const answers = input.map((call) => performCall(fs, call));
      const found = lookAt((call) => performCall(fs, call));
      const queries = queriesOf(found);
      const read = queries.map((call) => performCall(fs, call));
      fs.unmount();
      await withImage(newDisk(form), async (path) => {
        expect(await onKernel(path, [...input, ...queries])).toEqual([...answers, ...read]);
        // What the kernel wrote, we read ...
        const theirs = testMount(await loadImage(path), { readOnly: true });
        expect(queries.map((call) => performCall(theirs, call))).toEqual(read);
      });
      // ... and the other way round.
      await withImage(disk, async (path) => expect(await onKernel(path, queries)).toEqual(read));
    });
  }
});

/** Calls with one answer each, in the order of the kernel's checks. */
const ANSWERS: readonly (readonly [Call, string])[] = [
  [{ op: 'get', path: 'a', name: 'user.' }, 'EINVAL'],
  [{ op: 'get', path: 'a', name: '' }, 'ERANGE'],
  [{ op: 'get', path: 'gone', name: `user.${'x'.repeat(251)}` }, 'ERANGE'],
  [{ op: 'get', path: 'gone', name: `user.${'x'.repeat(250)}` }, 'ENOENT'],
  [{ op: 'get', path: 'a', name: `user.${'x'.repeat(250)}` }, 'ENODATA'],
  [{ op: 'set', path: 'a', name: `user.${'x'.repeat(250)}`, value: '00' }, 'done'],
  [{ op: 'remove', path: 'a', name: `user.${'x'.repeat(250)}` }, 'done'],
  [{ op: 'get', path: 'a', name: 'nothing.x' }, 'EOPNOTSUPP'],
  [{ op: 'get', path: 'a', name: 'system.data' }, 'EOPNOTSUPP'],
  [{ op: 'set', path: 'a', name: 'system.x', value: '00' }, 'EOPNOTSUPP'],
  [{ op: 'set', path: 'gone', name: 'user.x', value: '00', repeat: 65_537 }, 'E2BIG'],
  [{ op: 'set', path: 'gone', name: 'user.x', value: '00', repeat: 65_536 }, 'ENOENT'],
  [{ op: 'set', path: 'a', name: 'user.x', value: '00', repeat: 65_536 }, 'ENOSPC'],
  [{ op: 'set', path: 'a', name: 'user.x', value: '', flag: 'replace' }, 'ENODATA'],
  [{ op: 'set', path: 'a', name: 'user.x', value: '', flag: 'create' }, 'done'],
  [{ op: 'set', path: 'a', name: 'user.x', value: '', flag: 'create' }, 'EEXIST'],
  [{ op: 'get', path: 'a', name: 'user.x' }, ''],
  [{ op: 'set', path: 'a', name: 'gnu.x', value: '11' }, 'done'],
  [{ op: 'set', path: 'a', name: 'trusted.x', value: '22' }, 'done'],
  [{ op: 'list', path: 'a' }, 'gnu.x trusted.x user.x'],
  [{ op: 'set', path: 'link', name: 'user.y', value: '33' }, 'done'],
  [{ op: 'get', path: 'a', name: 'user.y' }, '33'],
  [{ op: 'set', path: 'link', name: 'user.y', value: '33', nofollow: true }, 'EPERM'],
  [{ op: 'get', path: 'link', name: 'user.y', nofollow: true }, 'ENODATA'],
  [{ op: 'set', path: 'link', name: 'trusted.y', value: '33', nofollow: true }, 'done'],
  [{ op: 'set', path: 'link', name: 'security.y', value: '44', nofollow: true }, 'done'],
  [{ op: 'list', path: 'link', nofollow: true }, 'security.y trusted.y'],
  [{ op: 'set', path: 'link', name: 'system.posix_acl_access', value: '', nofollow: true }, 'EOPNOTSUPP'],
  [{ op: 'get', path: 'link', name: 'system.posix_acl_access', nofollow: true }, 'EOPNOTSUPP'],
  [{ op: 'set', path: 'a', name: 'security.capability', value: '00', repeat: 20 }, 'EINVAL'],
  [{ op: 'set', path: 'a', name: 'security.capability', value: `00000002${'00'.repeat(16)}` }, 'done'],
  [{ op: 'get', path: 'a', name: 'security.capability' }, `00000002${'00'.repeat(16)}`],
  [{ op: 'set', path: 'a', name: 'security.capability', value: `01000003${'00'.repeat(20)}` }, 'done'],
  [{ op: 'get', path: 'a', name: 'security.capability' }, `01000002${'00'.repeat(16)}`],
  [{ op: 'remove', path: 'a', name: 'security.capability' }, 'done'],
  [{ op: 'chmod', path: 'dir', mode: 0o1777 }, 'done'],
  [{ op: 'as', uid: 7, gid: 7, groups: [] }, 'done'],
  [{ op: 'list', path: 'a' }, 'gnu.x user.x user.y'],
  [{ op: 'get', path: 'a', name: 'trusted.x' }, 'ENODATA'],
  [{ op: 'set', path: 'a', name: 'trusted.x', value: '22' }, 'EPERM'],
  [{ op: 'set', path: 'a', name: 'security.x', value: '22' }, 'EPERM'],
  [{ op: 'get', path: 'a', name: 'security.x' }, 'ENODATA'],
  [{ op: 'get', path: 'a', name: 'user.y' }, '33'],
  [{ op: 'set', path: 'a', name: 'user.y', value: '22' }, 'EACCES'],
  [{ op: 'set', path: 'dir', name: 'user.y', value: '22' }, 'EPERM'],
  [{ op: 'set', path: 'a', name: 'system.posix_acl_access', value: '' }, 'EPERM'],
  [{ op: 'as', uid: 0, gid: 0, groups: [] }, 'done'],
  [{ op: 'chmod', path: 'a', mode: 0o600 }, 'done'],
  [{ op: 'as', uid: 7, gid: 7, groups: [] }, 'done'],
  [{ op: 'get', path: 'a', name: 'user.y' }, 'EACCES'],
  [{ op: 'list', path: 'a' }, 'gnu.x user.x user.y'],
  [{ op: 'as', uid: 0, gid: 0, groups: [] }, 'done'],
];

describe('answers', () => {
  const input = [...MAKE, ...ANSWERS.map(([call]) => call)];
  const expected = [...MAKE.map(() => 'done'), ...ANSWERS.map(([, answer]) => answer)];

  test('ours', () => {
    const fs = testMount(newDisk(PLAIN));
    expect(input.map((call) => performCall(fs, call))).toEqual(expected);
  });

  scriptedKernelTest("the kernel's are these", async () => {
    await withImage(newDisk(PLAIN), async (path) => expect(await onKernel(path, input)).toEqual(expected));
  });
});
