import { describe, expect, test } from 'vitest';
import { anatomyOf } from '../ext4/anatomy/anatomy.ts';
import type { Part } from '../ext4/anatomy/part.ts';
import type { MemoryDisk } from '../block/memory-disk.ts';
import type { Call } from './call-script.fixture.ts';
import { kernelAnswers, ourAnswers } from './damage.fixture.ts';
import { scriptedKernelTest } from './kernel-mount.fixture.ts';
import { newDisk, putFile, testMount } from './test-mount.fixture.ts';

/** A structure whose checksum does not hold, and what meets it. Everything else of the disk is as it was. */
interface Case {
  readonly name: string;
  /** Names of the structure and, in part, of its place; `@` is the inode of `path`. */
  readonly structure: string;
  readonly place: string;
  readonly path: string;
  readonly field: string;
  readonly calls: readonly Call[];
  /** A call that Linux and we answer with EBADMSG. */
  readonly meets: Call;
}

const stat = (path: string): Call => ({ op: 'stat', path });
const read = (path: string): Call => ({ op: 'read', path });
const readdir = (path: string): Call => ({ op: 'readdir', path });
const file = (path: string): Call => ({ op: 'file', path, mode: 0o644 });
const unlink = (path: string): Call => ({ op: 'unlink', path });
const list = (path: string): Call => ({ op: 'list', path });

const CASES: readonly Case[] = [
  {
    name: 'an inode',
    structure: 'ext4_inode',
    place: '@',
    path: 'file',
    field: 'checksumLo',
    calls: [stat('file'), read('file'), unlink('file'), stat('small/x')],
    meets: stat('file'),
  },
  {
    name: 'the block of a directory',
    structure: 'ext4_dir_entry_tail',
    place: 'of inode @',
    path: 'small',
    field: 'checksum',
    calls: [readdir('small'), stat('small/x'), file('small/y'), unlink('small/x'), stat('file')],
    meets: stat('small/x'),
  },
  {
    name: 'the root of an index',
    structure: 'dx_tail',
    place: 'of inode @',
    path: 'large',
    field: 'checksum',
    calls: [stat('large/name7'), file('large/new'), unlink('large/name7'), stat('file')],
    meets: file('large/new'),
  },
  {
    name: 'a block of extents',
    structure: 'ext4_extent_tail',
    place: 'of inode @',
    path: 'pieces',
    field: 'checksum',
    calls: [stat('pieces'), read('pieces'), { op: 'truncate', path: 'pieces', size: 5000 }, stat('file')],
    meets: { op: 'truncate', path: 'pieces', size: 5000 },
  },
  {
    name: 'a block of attributes',
    structure: 'ext4_xattr_header',
    place: 'of inode @',
    path: 'named',
    field: 'checksum',
    calls: [stat('named'), list('named'), { op: 'get', path: 'named', name: 'user.long' }, stat('file')],
    meets: list('named'),
  },
];

const BLOCK = 1024;

function disk(): { readonly disk: MemoryDisk; readonly inodes: ReadonlyMap<string, number> } {
  const made = newDisk(BLOCK, 16 << 20);
  const fs = testMount(made, { delalloc: false });
  putFile(fs, 'file', new Uint8Array(20_000).fill(7));
  fs.mkdir('small');
  putFile(fs, 'small/x');
  fs.mkdir('large');
  for (let number = 0; number < 200; number++) putFile(fs, `large/name${number}`);
  const pieces = fs.open('pieces', { access: 'write', create: true });
  for (let piece = 0; piece < 20; piece++) fs.pwrite(pieces, Uint8Array.of(1), piece * 2 * BLOCK);
  fs.close(pieces);
  putFile(fs, 'named');
  fs.setxattr('named', 'user.long', new Uint8Array(300).fill(1));
  const inodes = new Map(
    ['file', 'small', 'large', 'pieces', 'named'].map((path) => [path, fs.stat(path).ino]),
  );
  fs.unmount();
  return { disk: made, inodes };
}

/** The first such part, for the root of an index comes before its leaves. */
function partOf(parts: readonly Part[], { structure, place, path }: Case, ino: number): Part {
  const whole = new RegExp(`(^|\\s)${place.replace('@', String(ino))}($|\\s|,)`);
  const part = parts.find((one) => one.structure === structure && whole.test(one.place));
  if (part === undefined) {
    const places = parts.filter((one) => one.structure === structure).map((one) => one.place);
    throw new Error(`no ${structure} of ${path}, inode ${ino}, among ${places.join('; ')}`);
  }
  return part;
}

function damaged(each: Case): MemoryDisk {
  const { disk: whole, inodes } = disk();
  const part = partOf(anatomyOf(whole), each, inodes.get(each.path) ?? 0);
  const field = part.fields.find(({ name }) => name === each.field);
  if (field === undefined) throw new Error(`${each.structure} has no field ${each.field}`);
  const byte = new Uint8Array(1);
  whole.read(part.offset + field.offset, byte);
  whole.write(part.offset + field.offset, Uint8Array.of((byte[0] ?? 0) ^ 1));
  return whole;
}

describe.each(CASES.map((each) => [each.name, each] as const))(
  'the checksum of %s does not hold',
  (_, each) => {
    test('EBADMSG (EFSBADCRC), and what was found has a name', () => {
      const met = ourAnswers(damaged(each), [each.meets]);
      expect(met).toMatchObject([{ answer: 'EBADMSG' }]);
      expect(met[0]?.finding?.field).toMatch(/checksum/);
    });

    scriptedKernelTest('every call answers as in the kernel', async () => {
      const ill = damaged(each);
      const ours = ourAnswers(ill, each.calls).map(({ answer }) => answer);
      expect(ours).toEqual(await kernelAnswers(ill, each.calls));
    });
  },
);
