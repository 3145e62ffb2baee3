import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inNamespace, whyNoMount } from './mounted.fixture.ts';

/** How a mount begins and ends: in the background, by signals, and after its server was killed. */

let folder: string;

beforeEach(async (context) => {
  const why = whyNoMount();
  context.skip(why !== null, `unknown: ${String(why)}`);
  folder = mkdtempSync(join(tmpdir(), 'serving-test-'));
  await execa('mke2fs', ['-q', '-t', 'ext4', '-b', '1024', at('disk.img'), '16M']);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): string => join(folder, name);

async function expectSound(): Promise<void> {
  const { exitCode, stdout } = await execa('e2fsck', ['-fn', at('disk.img')], { reject: false });
  expect(stdout).not.toContain('Fix');
  expect(exitCode).toBe(0);
}

/** What debugfs finds in a file of the image. */
const content = async (name: string): Promise<string> =>
  (await execa('debugfs', ['-R', `cat ${name}`, at('disk.img')])).stdout;

test('a mount in the background is there when the command comes back, or it says why not; umount waits until all is on the disk', async () => {
  const said = await inNamespace(
    folder,
    `mkdir disk; : >empty.img
    twinpath mount --background empty.img disk 2>&1 || echo "code $?"
    twinpath mount --background --log server.log disk.img disk
    echo kept >disk/file
    twinpath mount -b disk.img disk 2>&1 || echo "code $?"
    sleep 1000 <disk/file & user=$!
    twinpath umount disk 2>&1 || echo "code $?"
    { kill $user; wait $user; } 2>/dev/null || true
    twinpath umount disk.img
    twinpath umount disk 2>&1 || echo "code $?"`,
  );
  const lines = said.split('\n').map((line) => line.replaceAll(folder, '').replace(/process \d+/, 'process'));
  expect(lines).toEqual([
    'twinpath: /empty.img: not an ext4 image: device: size is 0, expected at least 2048 bytes',
    'code 2',
    'disk.img is mounted on /disk by process; twinpath umount disk ends it',
    'twinpath: /disk has an image mounted on it already',
    'code 2',
    'twinpath: /disk is in use: close what is open there, or say --force, and whoever has files open gets errors',
    'code 2',
    '/disk.img is no longer mounted on /disk',
    'twinpath: nothing of twinpath is mounted on disk',
    'code 2',
  ]);
  expect(await content('file')).toBe('kept');
  await expectSound();
}, 120_000);

test.each(['INT', 'TERM'])(
  'SIG%s unmounts, also while files are open there, and all is on the disk',
  async (signal) => {
    const said = await inNamespace(
      folder,
      `serve disk rw
    python3 -c "
import time
file = open('disk/file', 'w')
file.write('written')
file.flush()
print('open', flush=True)
time.sleep(60)" >opened & user=$!
    until grep -qs open opened; do sleep 0.05; done
    kill -${signal} $server; ended
    ! grep fuse.twinpath /proc/self/mountinfo
    { kill $user; wait $user; } 2>/dev/null || true`,
    );
    expect(said).toBe('server 0');
    expect(readFileSync(at('log'), 'utf8')).toContain('disk is in use: it is unmounted all the same');
    expect(await content('file')).toBe('written');
    await expectSound();
  },
  120_000,
);

test('Ctrl-C on the terminal of a mount unmounts it, and all is on the disk', async () => {
  const said = await inNamespace(
    folder,
    `mkdir disk
    timeout -k 1 60 python3 -c "
import os, pty, time
server, terminal = pty.fork()
if server == 0:
    os.execvp('node', ['node', os.environ['MAIN'], 'mount', 'disk.img', 'disk'])
while 'fuse.twinpath' not in open('/proc/self/mountinfo').read():
    time.sleep(0.05)
with open('disk/file', 'w') as file:
    file.write('written')
os.write(terminal, bytes([3]))
_, status = os.waitpid(server, 0)
print('server', os.waitstatus_to_exitcode(status))"
    ! grep fuse.twinpath /proc/self/mountinfo`,
  );
  expect(said).toBe('server 0');
  expect(await content('file')).toBe('written');
  await expectSound();
}, 120_000);

test('what was written comes to the disk by itself, although nobody asks for anything any more', async () => {
  const said = await inNamespace(
    folder,
    `serve disk rw
    echo 'comes by itself' >disk/file
    until grep -q 'comes by itself' disk.img; do sleep 0.2; done
    sleep 1
    kill -9 $server; wait $server 2>/dev/null || true
    mkdir kernel; mount -o loop disk.img kernel && cat kernel/file; umount kernel`,
  );
  expect(said).toBe('comes by itself');
}, 120_000);

test('after kill -9 the kernel recovers the image, and `twinpath clean` takes the dead mount away, but not one that is only stopped', async () => {
  const said = await inNamespace(
    folder,
    `mkdir kernel; cp disk.img other.img
    serve disk rw; killed=$server
    mkdir disk/folder; echo kept >disk/folder/file; sync disk/folder/file
    serve other rw
    kill -STOP $server
    { kill -9 $killed; wait $killed; } 2>/dev/null || true
    twinpath clean
    grep -c fuse.twinpath /proc/self/mountinfo
    kill -CONT $server; leave other
    mount -o loop disk.img kernel && cat kernel/folder/file; umount kernel`,
  );
  const lines = said.split('\n').filter((line) => !line.includes('workspace'));
  expect(lines).toEqual([`${at('disk')} had lost its server, and was unmounted`, '1', 'server 0', 'kept']);
  await expectSound();
}, 120_000);

test('without FUSE, or the right to mount, mount says so and leaves nothing behind', async () => {
  const said = await inNamespace(
    folder,
    `mkdir disk
    (exec unshare --mount sh -c 'mount -t tmpfs none /dev && : >/dev/null && node "$MAIN" mount disk.img disk 2>&1; echo "code $?"')
    (exec unshare --user sh -c 'node "$MAIN" mount disk.img disk 2>&1; echo "code $?"')`,
  );
  expect(said).toMatch(/^twinpath: .*no FUSE\ncode 2\n/);
  expect(said).toMatch(/only root may .*\ncode 2$/);
  await expectSound();
}, 120_000);
