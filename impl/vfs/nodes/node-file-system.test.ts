import { MappableDisk } from '../../block/mappable-disk.ts';
import { decodeName } from '../../ext4/directory/file-name.ts';
import { expect, test } from 'vitest';
import { newDisk, NOW, outcome } from '../test-mount.fixture.ts';
import type { TakeEntry } from '../directory-calls.ts';
import { mount } from '../mount.ts';
import { NodeFileSystem } from './node-file-system.ts';

const START = { high: 0, low: 0 };
const READ_WRITE = { access: 'read-write' } as const;
const THROUGH_CACHE = { direct: false, losesPrivileges: false };

function mounted(disk = newDisk()): NodeFileSystem {
  const fs = new NodeFileSystem(disk, { now: NOW });
  fs.actAs(0, 0);
  return fs;
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

function contents(fs: NodeFileSystem, node: number): string {
  const handle = fs.open(node, { access: 'read' });
  const target = new Uint8Array(100);
  const count = fs.read(handle, target, 0, false);
  fs.volume.close(handle);
  return new TextDecoder().decode(target.subarray(0, count));
}

test('a node means the same file under all its names, wherever they are moved', () => {
  const fs = mounted();
  const { entry, handle } = fs.create(fs.root, 'a', READ_WRITE, 0o644);
  fs.write(handle, text('hello'), 0, THROUGH_CACHE);
  const dir = fs.mkdir(fs.root, 'd', 0o755);
  expect(fs.link(entry.node, dir.node, 'b').node).toBe(entry.node);
  fs.rename(fs.root, 'd', fs.root, 'e', {});
  fs.unlink(fs.root, 'a');
  expect(fs.lookup(dir.node, 'b')).toMatchObject({ node: entry.node, attributes: { links: 1, size: 5 } });
  expect(contents(fs, entry.node)).toBe('hello');
  fs.volume.close(handle);
  fs.close();
});

test('a file without a name lives until its last look-up is forgotten, and is freed then', () => {
  const fs = mounted();
  const before = fs.volume.statfs().inodesFree;
  const { entry, handle } = fs.create(fs.root, 'a', READ_WRITE, 0o644);
  fs.volume.close(handle);
  expect(fs.lookup(fs.root, 'a').node).toBe(entry.node);
  fs.unlink(fs.root, 'a');
  fs.forget(entry.node, 1);
  expect(fs.getattr(entry.node).links).toBe(0);
  expect(fs.volume.statfs().inodesFree).toBe(before - 1);
  fs.forget(entry.node, 1);
  expect(outcome(() => fs.getattr(entry.node))).toBe('ESTALE');
  expect(fs.volume.statfs().inodesFree).toBe(before);
  expect(fs.knownNodes).toBe(0);
  fs.close();
});

test('an open file without a name lives as long as it is open, forgotten or not', () => {
  const fs = mounted();
  const before = fs.volume.statfs().inodesFree;
  const { entry, handle } = fs.createUnnamed(fs.root, READ_WRITE, 0o600);
  fs.forget(entry.node, 1);
  expect(fs.write(handle, text('x'), 0, THROUGH_CACHE)).toBe(1);
  expect(fs.volume.statfs().inodesFree).toBe(before - 1);
  fs.volume.close(handle);
  expect(fs.volume.statfs().inodesFree).toBe(before);
  fs.close();
});

test('a file without a name gets one by its node (linkat with AT_EMPTY_PATH), and keeps it', () => {
  const disk = newDisk();
  const fs = mounted(disk);
  const { entry, handle } = fs.createUnnamed(fs.root, READ_WRITE, 0o600);
  expect(fs.link(entry.node, fs.root, 'named').attributes.links).toBe(1);
  fs.volume.close(handle);
  fs.close();
  const again = mount(disk);
  expect(again.stat('/named').ino).toBe(entry.node);
  again.unmount();
});

test('names are one component: nothing is walked, links are not followed, removed directories make nothing', () => {
  const fs = mounted();
  const dir = fs.mkdir(fs.root, 'd', 0o755);
  const link = fs.symlink(fs.root, 's', 'd');
  expect(fs.lookup(fs.root, 's')).toMatchObject({ node: link.node, attributes: { type: 'symlink' } });
  expect(fs.readlink(link.node)).toBe('d');
  expect(outcome(() => fs.lookup(link.node, 'x'))).toBe('ENOENT');
  expect(outcome(() => fs.lookup(fs.root, 'x'.repeat(256)))).toBe('ENAMETOOLONG');
  fs.rmdir(fs.root, 'd');
  expect(outcome(() => fs.mkdir(dir.node, 'x', 0o755))).toBe('ENOENT');
  fs.close();
});

test('a directory is read on from any position that it gave, whatever was added or removed meanwhile', () => {
  const fs = mounted();
  const names = Array.from({ length: 200 }, (_, index) => `a name that is somewhat long ${index}`);
  for (const name of names) fs.forget(fs.mknod(fs.root, name, 'file', 0o644).node, 1);
  const handle = fs.opendir(fs.root);
  const found: string[] = [];
  const takeUpTo =
    (count: number): TakeEntry =>
    (block, nameAt, nameLength) => {
      if (found.length === count) return false;
      found.push(decodeName(block.subarray(nameAt, nameAt + nameLength)));
      return true;
    };
  const position = fs.readdir(handle, START, takeUpTo(50));
  fs.unlink(fs.root, found.at(-1) ?? '');
  const other = fs.opendir(fs.root);
  const end = fs.readdir(other, position, takeUpTo(1000));
  expect(found.sort()).toEqual([...names, '.', '..', 'lost+found'].sort());
  expect(fs.readdir(other, end, takeUpTo(1000))).toEqual(end);
  fs.volume.close(handle);
  fs.volume.close(other);
  fs.close();
});

test('whoever acts owns what he makes, less his umask; permissions are not asked again', () => {
  const fs = mounted();
  const dir = fs.mkdir(fs.root, 'd', 0o700);
  fs.actAs(1000, 100, 0o027);
  const { attributes } = fs.mknod(dir.node, 'a', 'file', 0o666);
  expect(attributes).toMatchObject({ uid: 1000, gid: 100, mode: 0o640 });
  expect(outcome(() => fs.access(dir.node, 1, 1000, 100))).toBe('EACCES');
  expect(outcome(() => fs.access(dir.node, 1, 0, 0))).toBe('done');
  fs.close();
});

test('a default ACL says what a new file may be, not the umask', () => {
  const fs = mounted();
  const acl = new Uint8Array(4 + 3 * 8);
  const view = new DataView(acl.buffer);
  view.setUint32(0, 2, true);
  const entries: [tag: number, permissions: number][] = [
    [0x01, 7],
    [0x04, 6],
    [0x20, 4],
  ];
  for (const [index, [tag, permissions]] of entries.entries()) {
    view.setUint16(4 + 8 * index, tag, true);
    view.setUint16(6 + 8 * index, permissions, true);
    view.setUint32(8 + 8 * index, 0xffffffff, true);
  }
  fs.setxattr(fs.root, 'system.posix_acl_default', acl, {});
  fs.actAs(0, 0, 0o077);
  expect(fs.mknod(fs.root, 'a', 'file', 0o666).attributes.mode).toBe(0o664);
  fs.close();
});

test('what is changed at once is changed, and a cut takes set-user-ID away from whoever is not root', () => {
  const fs = mounted();
  const { node } = fs.mknod(fs.root, 'a', 'file', 0o644);
  const changed = fs.setattr(node, { mode: 0o4755, size: 10, mtime: { seconds: 5, nanoseconds: 6 }, gid: 7 });
  expect(changed).toMatchObject({ mode: 0o4755, size: 10, gid: 7, mtime: { seconds: 5, nanoseconds: 6 } });
  fs.actAs(1000, 1000);
  expect(fs.setattr(node, { size: 4 }).mode).toBe(0o4755);
  expect(fs.setattr(node, { size: 2, losesPrivileges: true }).mode).toBe(0o755);
  fs.close();
});

test('writes past the cache and through it see each other, and O_APPEND is the business of who asks', () => {
  const fs = mounted(newDisk(4096));
  const { entry, handle } = fs.create(fs.root, 'a', { ...READ_WRITE, append: true }, 0o644);
  fs.write(handle, new Uint8Array(4096).fill(1), 0, { direct: true, losesPrivileges: false });
  fs.write(handle, new Uint8Array(10).fill(2), 100, THROUGH_CACHE);
  expect(fs.getattr(entry.node).size).toBe(4096);
  const target = new Uint8Array(4096);
  expect(fs.read(handle, target, 0, true)).toBe(4096);
  expect([target[99], target[100], target[109], target[110]]).toEqual([1, 2, 2, 1]);
  fs.volume.close(handle);
  fs.close();
});

test('what the front end still holds when it goes is let go of: no orphan stays', () => {
  const disk = newDisk();
  const fs = mounted(disk);
  const { handle } = fs.create(fs.root, 'a', READ_WRITE, 0o644);
  fs.write(handle, new Uint8Array(5000), 0, THROUGH_CACHE);
  fs.unlink(fs.root, 'a');
  const before = fs.volume.statfs().inodesFree;
  fs.close();
  const again = mount(disk);
  expect(again.statfs().inodesFree).toBe(before + 1);
  again.unmount();
});

test.each([{ bufferedIomap: false }, { bufferedIomap: true }, { dax: 'always' as const }])(
  'pieces of the page cache are what a read gives, with %j',
  (options) => {
    const fs = new NodeFileSystem(new MappableDisk(newDisk(4096)), { now: NOW, ...options });
    fs.actAs(0, 0);
    const { entry, handle } = fs.create(fs.root, 'a', READ_WRITE, 0o644);
    const bytes = new Uint8Array(300_000).map((_, i) => i % 251);
    fs.write(handle, bytes, 0, THROUGH_CACHE);
    // A hole, and an end in the middle of a page.
    fs.setattr(entry.node, { size: 400_001 });
    for (const relieved of [false, true]) {
      for (const [offset, length] of [
        [0, 65_536],
        [4095, 40_002],
        [290_000, 1 << 20],
        [400_001, 10],
        [9, 0],
      ] as const) {
        if (relieved) fs.volume.dropCaches();
        const expected = new Uint8Array(length);
        const count = fs.read(handle, expected, offset, false);
        if (relieved) fs.volume.dropCaches();
        expect(Buffer.concat(fs.splice(handle, offset, length)).equals(expected.subarray(0, count))).toBe(
          true,
        );
      }
    }
    fs.volume.close(handle);
    fs.close();
  },
);

test('who may not read gets no pieces, and of a directory there are none', () => {
  const fs = mounted();
  const { handle } = fs.create(fs.root, 'a', { access: 'write' }, 0o644);
  expect(outcome(() => fs.splice(handle, 0, 100))).toBe('EBADF');
  fs.volume.close(handle);
  const directory = fs.opendir(fs.root);
  expect(outcome(() => fs.splice(directory, 0, 100))).toBe('EISDIR');
  fs.volume.close(directory);
  fs.close();
});
