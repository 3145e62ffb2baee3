import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXPECTED, MOUNTED_CALLS } from './mounted-calls.fixture.ts';
import { inNamespace, whyNoMount } from './mounted.fixture.ts';

let folder: string;

beforeEach((context) => {
  const why = whyNoMount();
  context.skip(why !== null, `unknown: ${String(why)}`);
  folder = mkdtempSync(join(tmpdir(), 'mounted-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): string => join(folder, name);

async function makeImage(name: string): Promise<void> {
  await execa('mke2fs', ['-q', '-t', 'ext4', '-b', '1024', at(`${name}.img`), '32M']);
}

async function expectSound(name: string): Promise<void> {
  const { exitCode, stdout } = await execa('e2fsck', ['-fn', at(`${name}.img`)], { reject: false });
  expect(stdout).not.toContain('Fix');
  expect(exitCode).toBe(0);
}

test.each(['nobuffered_iomap', 'buffered_iomap', 'buffered_iomap,kernel_cache'])(
  'all kinds of calls are answered as Linux does, and e2fsck is content: %s',
  async (path) => {
    await makeImage('disk');
    writeFileSync(at('calls.py'), MOUNTED_CALLS);
    const said = await inNamespace(
      folder,
      `serve disk ${path},allow_other; (cd disk; python3 ../calls.py); leave disk`,
    );
    const [json = '', server] = said.split('\n');
    expect(JSON.parse(json)).toEqual(EXPECTED);
    expect(server).toBe('server 0');
    await expectSound('disk');
  },
  120_000,
);

test('what was synced survives kill -9; the dead mount is cleared by the next one, which SIGTERM ends', async () => {
  await makeImage('disk');
  await inNamespace(
    folder,
    `serve disk rw
    python3 -c "
import os
fd = os.open('disk/kept', os.O_CREAT | os.O_WRONLY)
os.write(fd, b'kept')
os.fsync(fd)
os.write(fd, b' and lost')"
    kill -9 $server; ended
    stat disk 2>&1 | grep -q 'not connected'
    serve disk rw
    cp disk/kept found
    kill -TERM $server; ended
    ! grep fuse.twinpath /proc/self/mountinfo`,
  );
  expect(readFileSync(at('found'), 'utf8')).toBe('kept');
  expect(readFileSync(at('log'), 'utf8')).toContain('had lost its server, and was unmounted');
  await expectSound('disk');
}, 120_000);

test('read-only leaves the image as it is; what cannot be mounted is refused in words', async () => {
  await makeImage('disk');
  writeFileSync(at('other.img'), new Uint8Array(100_000));
  const before = readFileSync(at('disk.img'));
  const said = await inNamespace(
    folder,
    `serve disk ro
    touch disk/x 2>&1 || true
    for what in "disk.img other" "other.img other" "disk.img nowhere" "disk.img other -o nonsense"; do
      mkdir -p other
      node "$MAIN" mount $what 2>&1 || echo "code $?"
    done
    leave disk`,
  );
  expect(readFileSync(at('disk.img')).equals(before)).toBe(true);
  expect(said).toMatch(/Read-only file system/);
  expect(said).toMatch(/disk\.img is mounted already.*\ncode 2/);
  expect(said).toMatch(/not an ext4 image.*\ncode 2/);
  expect(said).toMatch(/nowhere is not there\ncode 2/);
  expect(said).toMatch(/-o nonsense means nothing here.*\ncode 2/);
  expect(said).toMatch(/server 0$/);
}, 120_000);

test('features that we do not serve are refused by name', async () => {
  await execa('mke2fs', ['-q', '-t', 'ext4', '-O', 'encrypt', at('encrypted.img'), '16M']);
  await makeImage('future');
  await execa('debugfs', ['-w', '-R', 'feature FEATURE_I31', at('future.img')]);
  const said = await inNamespace(
    folder,
    `mkdir mnt
    for image in encrypted future; do twinpath mount $image.img mnt 2>&1 || echo "code $?"; done
    serve encrypted ro; ls encrypted; leave encrypted`,
  );
  expect(said).toMatch(/^twinpath: encrypted\.img: cannot mount read-write with features: encrypt\ncode 2\n/);
  expect(said).toMatch(/\ntwinpath: future\.img: .*FEATURE_I31\ncode 2\n/);
  expect(said).toMatch(/lost\+found\nserver 0$/);
}, 120_000);

test('the kernel caches what files hold with kernel_cache, and only then', async () => {
  await makeImage('disk');
  const said = await inNamespace(
    folder,
    `READ_TWICE="
import os, signal, sys
fd = os.open('disk/file', os.O_RDONLY)
os.pread(fd, 100, 0)
os.kill(int(sys.argv[1]), signal.SIGSTOP)
# Whoever waits for the server is ended.
signal.alarm(2)
os.pread(fd, 100, 0)"
    for cache in kernel_cache rw; do
      serve disk $cache
      echo content >disk/file
      { python3 -c "$READ_TWICE" $server; } 2>/dev/null && echo "$cache: cached" || echo "$cache: asked for"
      kill -CONT $server; leave disk
    done`,
  );
  expect(said).toBe('kernel_cache: cached\nserver 0\nrw: asked for\nserver 0');
  await expectSound('disk');
}, 120_000);

test('errors=remount-ro: damage that is met makes the file system read-only, and the others go on', async () => {
  await makeImage('disk');
  const said = await inNamespace(
    folder,
    `serve disk rw; mkdir disk/damaged; echo kept >disk/file; leave disk
    block=$(debugfs -R 'blocks damaged' disk.img 2>/dev/null)
    dd if=/dev/urandom of=disk.img bs=1024 seek=$block count=1 conv=notrunc 2>/dev/null
    for errors in remount-ro continue; do
      cp disk.img $errors.img
      serve $errors errors=$errors
      ls $errors/damaged 2>&1 || true
      cat $errors/file
      touch $errors/new 2>&1 && echo made || true
      leave $errors
    done`,
  );
  expect(said.split('\n')).toEqual([
    'server 0',
    "ls: reading directory 'remount-ro/damaged': Bad message",
    'kept',
    "touch: cannot touch 'remount-ro/new': Read-only file system",
    'server 0',
    "ls: reading directory 'continue/damaged': Bad message",
    'kept',
    'made',
    'server 0',
  ]);
}, 120_000);
