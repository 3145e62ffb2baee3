import { findProgram, runSync } from '../process.ts';
import type { Ability } from './ability.ts';

/** A program, the words that make it say its version, and what it is for. */
interface Program {
  readonly name: string;
  readonly version: readonly string[];
  readonly use: string;
  readonly package: string;
  readonly essential?: true;
}

/** Debian's names of packages; others differ little. */
const PROGRAMS: readonly Program[] = [
  {
    name: 'e2fsck',
    version: ['-V'],
    use: 'judges every image',
    package: 'e2fsprogs',
    essential: true,
  },
  {
    name: 'mke2fs',
    version: ['-V'],
    use: 'makes every other unusual image',
    package: 'e2fsprogs',
    essential: true,
  },
  { name: 'debugfs', version: ['-V'], use: 'reads what we wrote, in the tests', package: 'e2fsprogs' },
  { name: 'python3', version: ['--version'], use: 'makes the calls on real kernels', package: 'python3' },
  {
    name: 'linux.uml',
    version: ['--version'],
    use: 'a kernel for any user: --target uml',
    package: 'user-mode-linux',
  },
  {
    name: 'qemu-system-x86_64',
    version: ['--version'],
    use: 'any kernel of your own: --target vm',
    package: 'qemu-system-x86',
  },
  { name: 'mkfs.xfs', version: ['-V'], use: 'xfs as a target', package: 'xfsprogs' },
  { name: 'mkfs.btrfs', version: ['--version'], use: 'btrfs as a target', package: 'btrfs-progs' },
  { name: 'cc', version: ['--version'], use: 'compiles exported C programs', package: 'gcc' },
  { name: 'xfs_io', version: ['-V'], use: 'runs exported scripts', package: 'xfsprogs' },
  { name: 'chromium', version: ['--version'], use: 'tests the page of reports', package: 'chromium' },
];

/** Every program that twinpath may use. */
export const programAbilities = (): Ability[] => PROGRAMS.map(abilityOf);

function abilityOf({ name, version, use, package: from, essential }: Program): Ability {
  const path = findProgram(name);
  const common = { name, use, essential: essential ?? false };
  if (path === null) {
    return {
      ...common,
      missing: 'not installed',
      found: '',
      remedy: `install ${from} (Debian: apt-get install ${from})`,
    };
  }
  const { stdout, stderr } = runSync(path, version, {});
  const [line = ''] = `${stdout}\n${stderr}`.trim().split('\n');
  return { ...common, missing: null, found: line.trim(), remedy: '' };
}
