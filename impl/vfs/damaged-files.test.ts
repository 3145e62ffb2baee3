import { execa } from 'execa';
import { describe, expect } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import type { Call } from './call-script.fixture.ts';
import { kernelAnswers, ourAnswers } from './damage.fixture.ts';
import { loadImage, withImage } from './disk-image.fixture.ts';
import { scriptedKernelTest } from './kernel-mount.fixture.ts';
import { newDisk, putFile, testMount } from './test-mount.fixture.ts';

/** What is done to an image with debugfs, and what we and the kernel answer then. */
interface Case {
  readonly name: string;
  readonly features?: readonly string[];
  /** Requests of debugfs, which puts checksums right; @ is the folder of the case. */
  readonly requests: readonly string[];
  readonly calls: readonly Call[];
}

const longName = (index: number): string => `${'long'.repeat(30)}${index}`;

const readdir = (path: string): Call => ({ op: 'readdir', path });
const stat = (path: string): Call => ({ op: 'stat', path });
const file = (path: string): Call => ({ op: 'file', path, mode: 0o644 });
const read = (path: string): Call => ({ op: 'read', path });
const write = (path: string): Call => ({ op: 'write', path, offset: 0, value: '11', repeat: 10 });
const unlink = (path: string): Call => ({ op: 'unlink', path });
const rmdir = (path: string): Call => ({ op: 'rmdir', path });
const truncate = (path: string, size: number): Call => ({ op: 'truncate', path, size });

const NAMES = Array.from({ length: 40 }, (_, index) => `d/${longName(index)}`);

/** Everything that meets the blocks of a directory. */
const DIRECTORY_CALLS: readonly Call[] = [
  readdir('d'),
  ...NAMES.map(stat),
  file('d/new'),
  ...Array.from({ length: 30 }, (_, index) => file(`d/${longName(index + 100)}`)),
  readdir('d'),
  ...NAMES.map(unlink),
  rmdir('d'),
  unlink('d/new'),
  ...Array.from({ length: 30 }, (_, index) => unlink(`d/${longName(index + 100)}`)),
  rmdir('d'),
];

const LINEAR = ['^dir_index'];

const CASES: readonly Case[] = [
  {
    name: 'a hole in a linear directory',
    features: LINEAR,
    requests: ['punch @/d 1 1'],
    calls: DIRECTORY_CALLS,
  },
  { name: 'two holes in a row', features: LINEAR, requests: ['punch @/d 2 3'], calls: DIRECTORY_CALLS },
  {
    name: 'a hole where a linear directory ends',
    features: LINEAR,
    requests: ['punch @/d 5 5'],
    calls: DIRECTORY_CALLS,
  },
  {
    name: 'a linear directory that begins with a hole',
    features: LINEAR,
    requests: ['punch @/d 0 0'],
    calls: DIRECTORY_CALLS,
  },
  {
    name: 'a directory of holes that ends far away',
    features: LINEAR,
    requests: ['sif @/d size_lo 0x3fffc00'],
    calls: [readdir('d'), stat('d/none'), file('d/new')],
  },
  { name: 'a hole for a leaf of the index', requests: ['punch @/d 2 2'], calls: DIRECTORY_CALLS },
  {
    name: 'a hole for the root of the index',
    requests: ['punch @/d 0 0'],
    calls: [readdir('d'), ...NAMES.map(stat), file('d/new'), rmdir('d')],
  },
  {
    name: 'a name of an inode without a type',
    requests: ['sif @/f mode 0'],
    calls: [stat('f'), read('f'), readdir('.'), unlink('f')],
  },
  {
    name: 'a name of an inode with an unknown type',
    requests: ['sif @/f mode 0x3000'],
    calls: [stat('f'), unlink('f')],
  },
  {
    name: 'a name of an inode without links',
    requests: ['sif @/f links_count 0'],
    calls: [stat('f'), read('f'), unlink('f')],
  },
  { name: 'a name of an empty inode', requests: ['clri @/f'], calls: [stat('f'), unlink('f'), file('f')] },
  {
    name: 'a size beyond all limits',
    requests: ['sif @/f size_hi 0x80000000'],
    calls: [stat('f'), read('f'), write('f')],
  },
  {
    name: 'a tree without its magic number',
    requests: ['sif @/f block[0] 0'],
    calls: [stat('f'), read('f'), write('f'), truncate('f', 0), unlink('f')],
  },
  {
    name: 'a tree that is too deep',
    requests: ['sif @/f block[1] 0x60004'],
    calls: [stat('f'), read('f'), unlink('f')],
  },
  {
    name: 'an extent behind the device',
    requests: ['sif @/f block[5] 0x7fffffff'],
    calls: [stat('f'), read('f'), write('f'), unlink('f')],
  },
  {
    name: 'an extent of the superblock',
    requests: ['sif @/f block[5] 1'],
    calls: [stat('f'), read('f'), unlink('f')],
  },
  {
    name: 'a pointer behind the device',
    features: ['^extent', '^64bit', '^dir_index'],
    requests: ['sif @/f block[1] 0x7fffffff'],
    calls: [stat('f'), read('f'), write('f'), truncate('f', 0), unlink('f')],
  },
  {
    name: 'a directory of a block and a half',
    requests: ['sif @/e size_lo 1536'],
    calls: [readdir('e'), stat('e/x'), file('e/y'), rmdir('e')],
  },
  {
    name: 'a directory without size',
    requests: ['sif @/e size_lo 0'],
    calls: [readdir('e'), stat('e/x'), file('e/y'), rmdir('e')],
  },
  {
    name: 'inline data without the feature',
    requests: ['sif @/f flags 0x10000000'],
    calls: [stat('f'), read('f')],
  },
  {
    name: 'an index without the feature',
    features: LINEAR,
    requests: ['sif @/d flags 0x81000'],
    calls: [readdir('d'), stat(NAMES[3] ?? ''), file('d/new')],
  },
  { name: 'the journal under a name', requests: ['ln <8> @/j'], calls: [stat('j'), read('j'), unlink('j')] },
];

/** In a folder of its own each case finds a file of two pieces, a large directory and a small one. */
async function damaged(features: readonly string[], cases: readonly Case[]): Promise<MemoryDisk> {
  const disk = newDisk(1024, 32 << 20, { features });
  const fs = testMount(disk, { delalloc: false });
  for (const folder of cases.keys()) {
    fs.mkdir(`c${folder}`);
    fs.mkdir(`c${folder}/d`);
    for (const name of NAMES) putFile(fs, `c${folder}/${name}`);
    fs.mkdir(`c${folder}/e`);
    putFile(fs, `c${folder}/e/x`);
    putFile(fs, `c${folder}/f`, new Uint8Array(20_000).fill(7));
  }
  fs.unmount();
  const requests = cases.flatMap((each, folder) =>
    each.requests.map((request) => request.replace('@', `c${folder}`)),
  );
  return await withImage(disk, async (image) => {
    await execa('debugfs', ['-w', '-f', '-', image], { input: requests.join('\n') });
    return await loadImage(image);
  });
}

const inFolder = (call: Call, folder: number): Call =>
  'path' in call ? { ...call, path: `c${folder}/${call.path}` } : call;

const FORMS = [...new Set(CASES.map(({ features }) => features?.join() ?? ''))];

describe.each(FORMS)('features %s', (form) => {
  const cases = CASES.filter(({ features }) => (features?.join() ?? '') === form);

  scriptedKernelTest('what is damaged answers as in the kernel', async () => {
    const disk = await damaged(form === '' ? [] : form.split(','), cases);
    const calls = cases.flatMap((each, folder) => each.calls.map((call) => inFolder(call, folder)));
    const names = cases.flatMap((each) => each.calls.map(() => each.name));
    const kernels = await kernelAnswers(disk, calls);
    const differences = ourAnswers(disk, calls).flatMap(({ call, answer }, index) =>
      answer === kernels[index] ? [] : [[names[index], call, answer, kernels[index]]],
    );
    expect(differences).toEqual([]);
    expect(kernels.filter((answer) => answer === 'EUCLEAN').length).toBeGreaterThan(cases.length / 2);
  });
});
