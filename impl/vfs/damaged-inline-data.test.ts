import { describe, expect, test } from 'vitest';
import type { Call } from './call-script.fixture.ts';
import { kernelAnswers, ourAnswers, Patient } from './damage.fixture.ts';
import { scriptedKernelTest } from './kernel-mount.fixture.ts';
import { newDisk, putFile, testMount } from './test-mount.fixture.ts';

/** What lies in an inode: 20 bytes of a file, or 100, of which 40 are in the attribute; a few names, or so many that both are full. */
type Content = 'short file' | 'file' | 'directory' | 'large directory';

/** What is changed: the inode, the attribute's entry, the number of .., an entry in i_block or in the attribute. */
type Spot = 'inode' | 'attribute' | 'parent' | 'first entry' | 'last entry';

interface Case {
  readonly content: Content;
  readonly spot: Spot;
  readonly field: string;
  readonly value: number;
  /** Part of the structure, field and value of what is found first; null where there is nothing to find. */
  readonly finding: readonly [structure: string, field: string, found?: number | string] | null;
}

type Row = readonly [content: Content, spot: Spot, field: string, value: number, finding: Case['finding']];

const INLINE = 0x10000000;
const EXTENTS = 0x80000;

const ENTRY_OF = 'ext4_xattr_entry 0 of';
const FIRST = 'ext4_dir_entry_2 at 0 of byte 4 of inline directory';
const LAST = 'ext4_dir_entry_2 at 0 of byte 60 of inline directory';
const PARENT = 'inline directory';

const ROWS: readonly Row[] = [
  // Where a file is longer than what the inode holds of it, there is a hole.
  ['file', 'inode', 'sizeLo', 101, null],
  ['file', 'inode', 'sizeLo', 5000, null],
  ['file', 'attribute', 'valueSize', 8, null],
  ['short file', 'inode', 'sizeLo', 61, null],
  ['file', 'inode', 'flags', INLINE | EXTENTS, ['ext4_inode', 'flags', INLINE | EXTENTS]],
  // Bytes of the letter a are neither a tree nor block numbers.
  ['file', 'inode', 'flags', EXTENTS, ['extent tree of inode', 'eh_magic', 0x6161]],
  ['file', 'inode', 'flags', 0, ['i_block of inode', 'slot 0', 0x61616161]],
  ['file', 'attribute', 'nameIndex', 1, ['ext4_inode', 'flags', INLINE]],
  ['short file', 'attribute', 'nameIndex', 1, ['ext4_inode', 'flags', INLINE]],
  ['directory', 'attribute', 'nameIndex', 1, ['ext4_inode', 'flags', INLINE]],
  ['file', 'attribute', 'valueSize', 200, [ENTRY_OF, 'e_value_size', 200]],
  ['file', 'attribute', 'valueOffset', 4, [ENTRY_OF, 'e_value_offs', 4]],
  ['file', 'attribute', 'valueInode', 12, [ENTRY_OF, 'e_value_inum', 12]],
  // Other types have inline data, too, or take no notice of it.
  ['short file', 'inode', 'mode', 0o120777, null],
  ['directory', 'inode', 'mode', 0o100644, null],
  ['directory', 'parent', '[0]', 0, [PARENT, 'inode of ..', 0]],
  ['directory', 'parent', '[0]', 999, ['ext4_inode 999', 'mode', 0]],
  ['directory', 'parent', '[0]', 2 ** 31, ['ext4_inode', 'number', 2 ** 31]],
  ['directory', 'inode', 'sizeLo', 61, ['ext4_inode', 'size', 61]],
  ['directory', 'inode', 'sizeLo', 40, ['ext4_inode', 'size', 40]],
  ['directory', 'inode', 'sizeLo', 1024, ['ext4_inode', 'size', 1024]],
  ['large directory', 'inode', 'sizeLo', 60, ['ext4_inode', 'size', 60]],
  ['large directory', 'attribute', 'valueSize', 12, ['ext4_inode', 'size']],
  ['large directory', 'attribute', 'valueSize', 0, ['ext4_inode', 'size']],
  ['directory', 'first entry', 'recLen', 0, [FIRST, 'rec_len', 0]],
  ['directory', 'first entry', 'recLen', 10, [FIRST, 'rec_len', 10]],
  ['directory', 'first entry', 'recLen', 200, [FIRST, 'rec_len', 200]],
  ['directory', 'first entry', 'recLen', 52, [FIRST, 'rec_len', 52]],
  ['directory', 'first entry', 'nameLen', 0, [FIRST, 'name_len', 0]],
  ['directory', 'first entry', 'nameLen', 200, [FIRST, 'rec_len', 12]],
  ['directory', 'first entry', 'inode', 0, null],
  ['directory', 'first entry', 'inode', 2 ** 31, [FIRST, 'inode', 2 ** 31]],
  ['directory', 'first entry', 'fileType', 23, null],
  ['large directory', 'last entry', 'recLen', 2, [LAST, 'rec_len', 2]],
  ['large directory', 'last entry', 'recLen', 400, [LAST, 'rec_len', 400]],
  ['large directory', 'last entry', 'nameLen', 255, [LAST, 'rec_len']],
];

const CASES = ROWS.map(([content, spot, field, value, finding]): Case => ({
  content,
  spot,
  field,
  value,
  finding,
}));

const path = (index: number): string => `c${index}`;
const isDirectory = ({ content }: Case): boolean => content.endsWith('directory');

/** Something for each case, in an inode of 256 bytes. */
function sound(): Patient {
  const disk = newDisk(1024, 8 << 20, { features: ['^metadata_csum', 'inline_data'] });
  const fs = testMount(disk);
  CASES.forEach((each, index) => {
    const name = `/${path(index)}`;
    if (isDirectory(each)) {
      fs.mkdir(name, 0o755);
      for (const inside of ['one', 'two', ...(each.content === 'directory' ? [] : ['three', 'four', 'five'])])
        putFile(fs, `${name}/${inside}`);
    } else putFile(fs, name, new Uint8Array(each.content === 'file' ? 100 : 20).fill(0x61));
  });
  fs.unmount();
  return new Patient(disk);
}

function damaged(): Patient {
  const patient = sound();
  const fs = testMount(patient.disk.snapshot());
  const inos = CASES.map((_, index) => fs.lstat(`/${path(index)}`).ino);
  fs.unmount();
  CASES.forEach(({ spot, field, value }, index) => {
    const ino = inos[index] ?? 0;
    const spots: Readonly<Record<Spot, readonly [structure: string, place: string]>> = {
      inode: ['ext4_inode', String(ino)],
      attribute: ['ext4_xattr_entry', `of inode ${ino}`],
      parent: ['inline directory parent', `of inode ${ino}`],
      'first entry': ['ext4_dir_entry_2', `at 0 of i_block of inode ${ino}`],
      'last entry': ['ext4_dir_entry_2', `at 0 of system.data of inode ${ino}`],
    };
    const [structure, place] = spots[spot];
    patient.damage({ structure, place, field, value });
  });
  return patient;
}

const fileCalls = (of: string): Call[] => [
  { op: 'stat', path: of },
  { op: 'read', path: of },
  { op: 'list', path: of },
  { op: 'write', path: of, offset: 10, value: '62', repeat: 5 },
  { op: 'read', path: of },
  { op: 'truncate', path: of, size: 5 },
  { op: 'write', path: of, offset: 0, value: '63', repeat: 3000 },
  { op: 'read', path: of },
  { op: 'unlink', path: of },
];

const directoryCalls = (of: string): Call[] => [
  { op: 'stat', path: of },
  { op: 'readdir', path: of },
  { op: 'stat', path: `${of}/one` },
  { op: 'stat', path: `${of}/none` },
  { op: 'file', path: `${of}/new`, mode: 0o644 },
  { op: 'unlink', path: `${of}/two` },
  { op: 'rename', path: `${of}/one`, to: `${of}/other` },
  { op: 'stat', path: `${of}/../c0` },
  { op: 'rmdir', path: of },
];

const CALLS_EACH = fileCalls('').length;
const CALLS = CASES.flatMap((each, index) => (isDirectory(each) ? directoryCalls : fileCalls)(path(index)));
const textOf = ({ content, spot, field, value }: Case): string =>
  `${content}: ${field} of ${spot} is ${value}`;
const ofCase = <T>(answers: readonly T[], index: number): readonly T[] =>
  answers.slice(index * CALLS_EACH, (index + 1) * CALLS_EACH);

describe('damaged inline data are found, by structure, field and value', () => {
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

/**
 * Linux checks each entry when it comes to it, and its readdir ends without a word at one that is wrong; it finds .. in
 * memory. Here a directory is checked as a whole first. So where we say that something is damaged, Linux may give a result,
 * but what we give as a result is what Linux gives.
 */
scriptedKernelTest('the kernel answers the same on the same disk, or we say what is damaged', async () => {
  const { disk } = damaged();
  const theirs = await kernelAnswers(disk, CALLS);
  const ours = ourAnswers(disk, CALLS).map(({ answer }) => answer);
  for (const [index, each] of CASES.entries()) {
    const kernel = ofCase(theirs, index);
    const answers = ofCase(ours, index).map((answer, at) => (answer === 'EUCLEAN' ? kernel[at] : answer));

    expect(answers, textOf(each)).toEqual(kernel);
  }
  const same = CASES.filter(
    (_, index) => JSON.stringify(ofCase(ours, index)) === JSON.stringify(ofCase(theirs, index)),
  );
  expect(same.length).toBeGreaterThan(CASES.length / 3);
});
