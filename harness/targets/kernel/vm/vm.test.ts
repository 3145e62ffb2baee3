import { execa } from 'execa';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProgram } from '../../../process.ts';
import { DEFAULT_SETUP, timeOfStep } from '../../../setup.ts';
import { openWorkspace } from '../../../workspace.ts';
import { kernelTarget } from '../target-words.ts';
import { cpioArchive } from './cpio.ts';
import { newestKernelIn, releaseOf } from './kernel-image.ts';
import { modulesFor } from './modules.ts';
import { KERNEL_FOLDERS } from './vm.ts';

const inFolder = async (body: (folder: string) => Promise<void> | void): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'vm-test-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('an archive is one that cpio unpacks', async (context) => {
  if (findProgram('busybox') === null && findProgram('cpio') === null)
    context.skip('unknown: neither cpio nor busybox is installed');
  const [command, args] = findProgram('cpio') === null ? ['busybox', ['cpio']] : ['cpio', []];
  await inFolder(async (folder) => {
    const files = new Map([
      ['/usr/bin/a', Buffer.from('odd')],
      ['/usr/b', Buffer.alloc(0)],
    ]);
    await execa(command, [...args, '-idm'], { cwd: folder, input: cpioArchive(files) });
    expect(
      (await execa('find', ['.', '-type', 'f', '-printf', '%P %s %m\n'], { cwd: folder })).stdout,
    ).toMatch(/^(?=[^]*^usr\/bin\/a 3 755$)(?=[^]*^usr\/b 0 755$)/m);
  });
});

test('the newest kernel is found by its number, and a bzImage says its release', async () => {
  await inFolder((folder) => {
    expect(newestKernelIn([join(folder, 'none'), folder])).toBe(null);
    for (const release of ['6.1.0-9', '6.1.0-50', '5.10.0-1'])
      writeFileSync(join(folder, `vmlinuz-${release}`), '');
    expect(newestKernelIn([join(folder, 'none'), folder])).toBe(join(folder, 'vmlinuz-6.1.0-50'));
    const image = Buffer.alloc(0x1000);
    image.write('HdrS', 0x202);
    image.writeUInt16LE(0x700, 0x20e);
    image.write('6.1.0-50-amd64 (debian-kernel@lists.debian.org) #1 SMP\0', 0x900);
    writeFileSync(join(folder, 'vmlinuz-6.1.0-50'), image);
    expect(releaseOf(join(folder, 'vmlinuz-6.1.0-50'))).toBe('6.1.0-50-amd64');
    expect(() => releaseOf(join(folder, 'vmlinuz-6.1.0-9'))).toThrow('is no bzImage');
  });
});

test('a module comes behind what it depends on', async () => {
  await inFolder((folder) => {
    writeFileSync(join(folder, 'ext4.ko'), '\0license=GPL\0depends=jbd2,mb-cache\0name=ext4\0');
    writeFileSync(join(folder, 'jbd2.ko'), '\0depends=\0');
    writeFileSync(join(folder, 'mb-cache.ko'), '\0depends=jbd2\0');
    expect([...modulesFor(folder).keys()]).toEqual(['ext4/jbd2', 'ext4/mb_cache', 'ext4/ext4']);
  });
});

/** A boot without virtualization takes a minute of a busy machine, so it is not part of every run of the tests. */
const BOOTS = process.env['TWINPATH_VM'] === '1';

test('a machine boots, and answers like any other kernel', { timeout: 300_000 }, async (context) => {
  if (!BOOTS) context.skip('unknown: machines are booted with TWINPATH_VM=1');
  if (findProgram('qemu-system-x86_64') === null) context.skip('unknown: qemu is not installed');
  const kernel = process.env['TWINPATH_VM_KERNEL'] ?? newestKernelIn(KERNEL_FOLDERS);
  if (kernel === null) context.skip('unknown: there is no kernel to boot');
  const workspace = await openWorkspace();
  const target = kernelTarget(`vm,kernel=${kernel}`, workspace.path);
  if (target === null) throw new Error('no target');
  const setup = { ...DEFAULT_SETUP, mount: { ...DEFAULT_SETUP.mount, atime: 'noatime' as const } };
  const options = { faults: [], now: timeOfStep(0) };
  const session = await target.start(setup, options);
  const mkdir = { op: 'mkdir', path: 'd', mode: 0o700 } as const;
  expect(await session.apply(mkdir, timeOfStep(0))).toEqual({ ok: true, value: { kind: 'done' } });
  const image = await session.unmount();
  if (image === null) throw new Error('no disk');
  const again = await target.mount(image, setup, options);
  expect(await again.apply(mkdir, timeOfStep(1))).toEqual({ ok: false, errno: 'EEXIST' });
  await again.unmount();
  await target.close?.();
  expect(readdirSync(workspace.path)).toEqual(['owner.json']);
  await workspace.remove();
});
