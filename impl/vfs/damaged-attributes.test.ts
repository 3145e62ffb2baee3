import { describe, expect, test } from 'vitest';
import type { Call } from './call-script.fixture.ts';
import { kernelAnswers, ourAnswers, Patient } from './damage.fixture.ts';
import { scriptedKernelTest } from './kernel-mount.fixture.ts';
import { newDisk, testMount } from './test-mount.fixture.ts';

/** Where a file has its first attribute: in its tail, in a block of its own, in an inode of the value's own. */
type Home = 'inode' | 'block' | 'value';

/** What is changed: the first entry, the inode of the file, that of the value, the header in front of the entries. */
type Spot = 'entry' | 'name' | 'inode' | 'value inode' | 'value' | 'header';

interface Case {
  readonly home: Home;
  readonly spot: Spot;
  readonly field: string;
  /** A number, or what it is made from: the number of the file's inode. */
  readonly value: number | Uint8Array | ((ino: number) => number);
  /** Part of the structure, field and value of what is found first; null where Linux finds nothing either. */
  readonly finding: readonly [structure: string, field: string, found?: number | string] | null;
  /** Why Linux takes it all the same. */
  readonly stricter?: string;
}

const NAME_WITH_NUL = Uint8Array.of(0x68, 0);
const ZERO_BYTE = 'a name with a zero byte';

type Row = readonly [
  home: Home,
  spot: Spot,
  field: string,
  value: Case['value'],
  finding: Case['finding'],
  stricter?: string,
];

const ENTRY = 'ext4_xattr_entry 0 of';
const VALUE = "of an attribute's value";

const ROWS: readonly Row[] = [
  // The tail of an inode is checked when the inode is read.
  ['inode', 'entry', 'nameLength', 255, [ENTRY, 'e_name_len', 255]],
  ['inode', 'entry', 'nameLength', 0, ['ext4_xattr_entry 1 of', 'e_name_len']],
  ['inode', 'entry', 'nameIndex', 99, null],
  ['inode', 'name', 'bytes', NAME_WITH_NUL, [ENTRY, 'e_name', ZERO_BYTE]],
  ['inode', 'entry', 'valueOffset', 4, [ENTRY, 'e_value_offs', 4]],
  ['inode', 'entry', 'valueOffset', 65535, [ENTRY, 'e_value_offs', 65535]],
  ['inode', 'entry', 'valueSize', 200, [ENTRY, 'e_value_size', 200]],
  ['inode', 'entry', 'valueSize', 2 ** 31, [ENTRY, 'e_value_size', 2 ** 31]],
  ['inode', 'entry', 'valueSize', 0, null],
  ['inode', 'entry', 'valueInode', 3, [ENTRY, 'e_value_inum', 3]],
  ['inode', 'entry', 'valueInode', 2 ** 20, [ENTRY, 'e_value_inum', 2 ** 20]],
  ['inode', 'header', 'magic', 0xea030000, null],
  ['inode', 'inode', 'extraIsize', 160, ['ext4_inode', 'extraIsize', 160]],
  ['inode', 'inode', 'extraIsize', 30, ['ext4_inode', 'extraIsize', 30]],
  ['inode', 'inode', 'extraIsize', 128, null],
  // A block is checked when it is read.
  ['block', 'header', 'magic', 0, ['ext4_xattr_header', 'h_magic', 0]],
  ['block', 'header', 'blocks', 2, ['ext4_xattr_header', 'h_blocks', 2]],
  ['block', 'header', 'refcount', 0, null],
  ['block', 'header', 'refcount', 1025, null],
  ['block', 'header', 'hash', 77, null],
  // The name reaches over the end of the list, into the zeros behind it.
  ['block', 'entry', 'nameLength', 255, [ENTRY, 'e_name', ZERO_BYTE]],
  ['block', 'entry', 'valueOffset', 40, [ENTRY, 'e_value_offs', 40]],
  ['block', 'entry', 'valueSize', 1000, [ENTRY, 'e_value_size', 1000]],
  ['block', 'entry', 'valueInode', 2, [ENTRY, 'e_value_inum', 2]],
  ['block', 'entry', 'hash', 5, null],
  ['block', 'inode', 'fileAclLo', 2 ** 20, ['i_file_acl', 'range', `${2 ** 20} + 1`]],
  // A block of group descriptors.
  ['block', 'inode', 'fileAclLo', 2, ['i_file_acl', 'range', '2 + 1']],
  // A block of zeros.
  ['block', 'inode', 'fileAclLo', 7000, ['ext4_xattr_header', 'h_magic', 0]],
  ['block', 'inode', 'fileAclHigh', 1, ['i_file_acl', 'range']],
  // The inode of a value is looked at when the value is wanted.
  ['value', 'entry', 'valueInode', (ino) => ino, [VALUE, 'number']],
  // The value of the file before.
  ['value', 'entry', 'valueInode', (ino) => ino - 1, ['ext4_xattr_entry', 'e_hash']],
  ['value', 'entry', 'valueInode', 900, ['ext4_inode 900', 'mode', 0]],
  ['value', 'entry', 'valueSize', 2999, [VALUE, 'size', 3000]],
  ['value', 'entry', 'hash', 1, ['ext4_xattr_entry', 'e_hash', 1]],
  ['value', 'value', 'bytes', Uint8Array.of(1), [VALUE, 'atime']],
  ['value', 'value inode', 'atime', 1, [VALUE, 'atime', 1]],
  ['value', 'value inode', 'flags', 0x80000, [VALUE, 'flags', 0x80000]],
  ['value', 'value inode', 'mode', 0x4180, [VALUE, 'flags'], 'it does not ask for the type'],
  ['value', 'value inode', 'sizeLo', 100, [VALUE, 'size', 100]],
  ['value', 'value inode', 'linksCount', 0, ['ext4_inode', 'linksCount', 0]],
  // The count of references is in i_ctime and i_version.
  ['value', 'value inode', 'ctime', 0, null],
  ['value', 'value inode', 'versionLo', 0, [VALUE, 'count of references', 0]],
];

const CASES = ROWS.map(([home, spot, field, value, finding, stricter]): Case => ({
  ...{ home, spot, field, value, finding },
  ...(stricter !== undefined && { stricter }),
}));

const FIRST_IN_INODE = 128 + 32 + 4;
const FIRST_IN_BLOCK = 32;

const path = (index: number): string => `c${index}`;

/** A file for each case, each with other values: blocks and inodes of equal ones would be shared. */
function sound(): Patient {
  const disk = newDisk(1024, 8 << 20, { features: ['^metadata_csum', 'ea_inode'] });
  const fs = testMount(disk);
  CASES.forEach(({ home }, index) => {
    fs.close(fs.open(`/${path(index)}`, { access: 'write', create: true }, 0o644));
    const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(index + 1);
    if (home === 'inode') {
      fs.setxattr(`/${path(index)}`, 'user.aa', bytes(10));
      fs.setxattr(`/${path(index)}`, 'user.bb', bytes(20));
    } else fs.setxattr(`/${path(index)}`, 'user.aa', bytes(home === 'block' ? 600 : 3000));
  });
  fs.unmount();
  return new Patient(disk);
}

/** Every case on a file of its own. */
function damaged(): Patient {
  const patient = sound();
  const fs = testMount(patient.disk.snapshot());
  const inos = CASES.map((_, index) => fs.lstat(`/${path(index)}`).ino);
  fs.unmount();
  CASES.forEach(({ home, spot, field, value }, index) => {
    const ino = inos[index] ?? 0;
    const area = home === 'block' ? `block \\d+ of inode ${ino}` : `inode ${ino}`;
    const first = `at ${home === 'block' ? FIRST_IN_BLOCK : FIRST_IN_INODE} of ${area}`;
    const valueIno = home === 'value' ? patient.value('ext4_xattr_entry', first, 'valueInode') : 0;
    const spots: Readonly<Record<Spot, readonly [structure: string, place: string]>> = {
      entry: ['ext4_xattr_entry', first],
      name: ['ext4_xattr_entry.name', first],
      inode: ['ext4_inode', String(ino)],
      'value inode': ['ext4_inode', String(valueIno)],
      value: ['ea_inode value', `block 0 of inode ${valueIno}`],
      header: [home === 'block' ? 'ext4_xattr_header' : 'ext4_xattr_ibody_header', area],
    };
    const [structure, place] = spots[spot];
    const wanted = typeof value === 'function' ? value(ino) : value;
    patient.damage({ structure, place, field, value: wanted });
  });
  return patient;
}

/** What is asked of each file, one after the other. */
const callsOn = (of: string): Call[] => [
  { op: 'stat', path: of },
  { op: 'list', path: of },
  { op: 'get', path: of, name: 'user.aa' },
  { op: 'get', path: of, name: 'user.none' },
  { op: 'set', path: of, name: 'user.new', value: '11', repeat: 8 },
  { op: 'set', path: of, name: 'user.aa', value: '22', repeat: 10 },
  { op: 'remove', path: of, name: 'user.bb' },
  { op: 'remove', path: of, name: 'user.aa' },
  { op: 'chmod', path: of, mode: 0o600 },
  { op: 'unlink', path: of },
];

const CALLS = CASES.flatMap((_, index) => callsOn(path(index)));

const textOf = ({ home, spot, field, value }: Case): string =>
  `${home}: ${field} of ${spot} is ${String(value)}`;

/** Of all answers, those about one case. */
const ofCase = <T>(answers: readonly T[], index: number): readonly T[] =>
  answers.slice(index * callsOn('').length, (index + 1) * callsOn('').length);

describe('a damaged attribute is found, by structure, field and value', () => {
  const answered = ourAnswers(damaged().disk, CALLS);
  test.each(CASES.map((each, index) => [textOf(each), each, index] as const))('%s', (_, each, index) => {
    const found = ofCase(answered, index).map(({ finding }) => finding);
    const first = found.find((finding) => finding !== null) ?? null;
    if (each.finding === null) expect(first).toBeNull();
    else {
      const [structure, field, value] = each.finding;
      expect(first).toMatchObject({ structure: expect.stringContaining(structure) as string, field });
      if (value !== undefined) expect(first?.found).toBe(value);
    }
  });
});

/** What Linux calls a deleted inode; with us it is damage like any other. */
const inOurWords = (answer: string): string => (answer === 'ESTALE' ? 'EUCLEAN' : answer);

scriptedKernelTest('the kernel answers the same on the same disk', async () => {
  const { disk } = damaged();
  const theirs = (await kernelAnswers(disk, CALLS)).map(inOurWords);
  const ours = ourAnswers(disk, CALLS).map(({ answer }) => answer);
  for (const [index, each] of CASES.entries()) {
    const same = expect(ofCase(ours, index), textOf(each));
    if (each.stricter === undefined) same.toEqual(ofCase(theirs, index));
    else same.not.toEqual(ofCase(theirs, index));
  }
});
