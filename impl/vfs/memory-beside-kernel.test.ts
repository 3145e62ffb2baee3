import { execa } from 'execa';
import { withDir } from 'tmp-promise';
import { expect } from 'vitest';
import { MappableDisk } from '../block/mappable-disk.ts';
import { e2fsck } from './disk-image.fixture.ts';
import { python, scriptedKernelTest, withKernelMount } from './kernel-mount.fixture.ts';
import { MEMORY_SCRIPT, memoryProgram, performMemoryProgram, type Step } from './memory-programs.fixture.ts';
import type { MountRequest } from './mount.ts';
import { newDisk, testMount } from './test-mount.fixture.ts';

const DISK_BYTES = 16 << 20;
const PROGRAMS = Number(process.env.TWINPATH_MEMORY_PROGRAMS ?? 20);
const SEED = Number(process.env.TWINPATH_SEED ?? 1);
const STEPS = 60;

interface Setting {
  readonly name: string;
  readonly blockSize: 1024 | 4096;
  readonly request: MountRequest;
  /** What mount(8) calls it. */
  readonly options: readonly string[];
  readonly features: readonly string[];
}

const SETTINGS: readonly Setting[] = [
  { name: 'delayed allocation', blockSize: 1024, request: {}, options: [], features: [] },
  {
    name: 'no delayed allocation',
    blockSize: 1024,
    request: { delalloc: false },
    options: ['nodelalloc'],
    features: [],
  },
  {
    name: 'journalled data',
    blockSize: 1024,
    request: { data: 'journal' },
    options: ['data=journal'],
    features: [],
  },
  { name: 'blocks of 4 KiB', blockSize: 4096, request: {}, options: [], features: [] },
  // The kernel has no device here that can be mapped; what programs see of it does not depend on it.
  { name: 'mapped directly', blockSize: 4096, request: { dax: 'always' }, options: [], features: [] },
  { name: 'indirect blocks', blockSize: 1024, request: {}, options: [], features: ['^extent', '^64bit'] },
];

async function kernelAnswers(setting: Setting, programs: readonly Step[][]): Promise<unknown[][]> {
  return await withDir(
    async ({ path }) => {
      const image = `${path}/image`;
      const features = setting.features.length > 0 ? ['-O', setting.features.join(',')] : [];
      await execa('mke2fs', [
        '-q',
        '-F',
        '-t',
        'ext4',
        '-b',
        `${setting.blockSize}`,
        ...features,
        image,
        '16M',
      ]);
      return (await withKernelMount(
        image,
        (root) => python(MEMORY_SCRIPT, root, programs),
        setting.options,
      )) as unknown[][];
    },
    { unsafeCleanup: true },
  );
}

for (const setting of SETTINGS) {
  scriptedKernelTest(`mapped files behave as in the kernel: ${setting.name}`, async () => {
    const programs = Array.from({ length: PROGRAMS }, (_, index) =>
      memoryProgram(SEED * 1000 + index, STEPS),
    );
    const kernel = await kernelAnswers(setting, programs);
    for (const bufferedIomap of [false, true]) {
      const disk = newDisk(setting.blockSize, DISK_BYTES, { features: setting.features });
      const device = setting.request.dax === 'always' ? new MappableDisk(disk) : disk;
      const fs = testMount(device, { ...setting.request, bufferedIomap });
      for (const [number, program] of programs.entries()) {
        const ours = performMemoryProgram(fs, number, program);
        const at = ours.findIndex(
          (answer, index) => JSON.stringify(answer) !== JSON.stringify(kernel[number]?.[index]),
        );
        expect(
          at < 0
            ? null
            : {
                bufferedIomap,
                number,
                at,
                program: program.slice(0, at + 1),
                ours: ours[at],
                kernel: kernel[number]?.[at],
              },
        ).toBeNull();
      }
      fs.unmount();
      // A tree that could be one level shorter is sound, and ext4 leaves it like that, too.
      expect(await e2fsck(disk)).toMatch(
        /^clean$|^exit 0\n(Inode \d+ extent tree .* could be shorter.*\n?)+$/,
      );
    }
  });
}
