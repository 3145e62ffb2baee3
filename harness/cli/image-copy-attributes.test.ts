import { execa, execaSync } from 'execa';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, type TestContext } from 'vitest';
import { image } from './said.fixture.ts';
import { PYTHON } from '../targets/kernel/performer.ts';

/** What Node.js has no calls for is made, and looked at, by python3. */
function python(script: string, ...args: string[]): string {
  return execaSync(PYTHON, ['-c', script, ...args]).stdout;
}

/** Root, a python3, and a place for temporary files that takes attributes: else nobody knows. */
function reasonAgainst(): string | null {
  if (process.getuid?.() !== 0) return 'not root';
  const folder = mkdtempSync(join(tmpdir(), 'image-attributes-probe-'));
  const script = 'import os, sys; os.setxattr(sys.argv[1], "user.probe", b"1")';
  const { exitCode } = execaSync(PYTHON, ['-c', script, folder], { reject: false });
  rmSync(folder, { recursive: true });
  return exitCode === 0 ? null : `no python3, or no attributes in ${tmpdir()}`;
}

const REASON = reasonAgainst();
const needsAttributes = (context: TestContext): void =>
  context.skip(REASON !== null, `unknown: ${REASON ?? ''}`);

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-attributes-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const debugfs = async (request: string): Promise<string> =>
  (await execa('debugfs', ['-R', request, at('disk')])).stdout;

/** What users run is built; `./run test` builds it first. */
const MAIN = resolve(import.meta.dirname, '../../dist/bundle/main.js');
const NOBODY = '65534';

/** An access list as user space hands it over: rw for the owner, r-x for user 1000, and so on. */
const ACL = '0200000001000600ffffffff02000500e803000004000400ffffffff10000700ffffffff20000000ffffffff';

/** Everything that a tree may hold; `value` is the same on two files, which may share a block. */
const MAKE = `
import os, socket, stat, sys
os.chdir(sys.argv[1])
acl = bytes.fromhex(sys.argv[2])
def put(name, text=b'x'): open(name, 'wb').write(text)
put('plain'); put('shared1'); put('shared2'); os.mkdir('dir')
os.setxattr('plain', 'user.empty', b'')
os.setxattr('plain', 'user.bytes', bytes(range(256)))
os.setxattr('plain', 'trusted.root', b'only')
os.setxattr('plain', 'security.label', b'x' * 40)
os.setxattr('plain', 'system.posix_acl_access', acl)
os.setxattr('dir', 'system.posix_acl_default', acl)
os.setxattr('dir', 'user.dir', b'd')
for name in ('shared1', 'shared2'): os.setxattr(name, 'user.same', b's' * 700)
os.symlink('plain', 'way'); os.setxattr('way', 'trusted.link', b'l', follow_symlinks=False)
os.mkfifo('fifo', 0o640)
os.mknod('socket', stat.S_IFSOCK | 0o600)
os.mknod('null', stat.S_IFCHR | 0o666, os.makedev(1, 3))
os.mknod('disk', stat.S_IFBLK | 0o600, os.makedev(259, 70000))
os.link('null', 'dir/null2')
os.chown('fifo', 1000, 100); os.lchown('way', 1001, 101)
for n, name in enumerate(['plain', 'shared1', 'way', 'fifo', 'null', 'dir']):
    os.utime(name, ns=(1600000000123456789 + n, 4000000000987654321 + n), follow_symlinks=False)
`;

const LOOK = `
import json, os, sys
os.chdir(sys.argv[1])
def look(name):
    s = os.lstat(name)
    times = [s.st_mtime_ns] if name not in ('.',) else []
    names = sorted(os.listxattr(name, follow_symlinks=False))
    attributes = {n: os.getxattr(name, n, follow_symlinks=False).hex() for n in names}
    return [oct(s.st_mode), s.st_uid, s.st_gid, s.st_nlink, s.st_rdev, times, attributes]
found = {}
for top, folders, files in os.walk('.'):
    for name in folders + files:
        path = os.path.join(top, name)
        found[path] = look(path)
print(json.dumps(found, sort_keys=True, indent=1))
`;

test('attributes, access lists, nodes, owners and nanoseconds go in and come out', async (context) => {
  needsAttributes(context);
  execaSync('mkdir', [at('source')]);
  python(MAKE, at('source'), ACL);
  await image('mkfs', at('disk'), '--size', '16M');
  expect(await image('put', at('disk'), at('source'), '/')).toMatchObject({ code: 0 });
  expect((await execa('e2fsck', ['-fn', at('disk')], { reject: false })).exitCode).toBe(0);
  expect(await debugfs('ea_get -x plain user.bytes')).toContain('00 01 02 03');
  expect(await debugfs('ea_list plain')).toContain('trusted.root (4) = "only"');
  const shared = await Promise.all(['shared1', 'shared2'].map((name) => debugfs(`stat ${name}`)));
  const blocks = shared.map((text) => /File ACL: (\d+)/.exec(text)?.[1]);
  expect(blocks[0]).toMatch(/^[1-9]/);
  expect(blocks[1]).toBe(blocks[0]);
  expect(await image('get', at('disk'), '/', at('target'))).toMatchObject({ code: 0 });
  execaSync('rmdir', [at('target/lost+found')]);
  expect(python(LOOK, at('target'))).toBe(python(LOOK, at('source')));
});

test('holes stay holes, and are not read', async (context) => {
  needsAttributes(context);
  const file = openSync(at('sparse'), 'w');
  writeSync(file, 'begin', 0);
  writeSync(file, 'middle', 2 ** 34);
  ftruncateSync(file, 2 ** 40);
  closeSync(file);
  await image('mkfs', at('disk'), '--size', '16M');
  expect(await image('put', at('disk'), at('sparse'), '/')).toMatchObject({ code: 0 });
  expect(await image('get', at('disk'), '/sparse', at('back'))).toMatchObject({ code: 0 });
  const { size, blocks } = statSync(at('back'));
  expect(size).toBe(2 ** 40);
  expect(blocks).toBeLessThan(100);
  expect(
    execaSync('tail', ['-c', String(2 ** 40 - 2 ** 34), at('back')], { maxBuffer: 6, reject: false }).stdout,
  ).toMatch(/^middle/);
});

test('what somebody else than root cannot make is told, one by one, and the rest is there', async (context) => {
  needsAttributes(context);
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: npm run build`);
  execaSync('mkdir', [at('source')]);
  python(MAKE, at('source'), ACL);
  await image('mkfs', at('disk'), '--size', '16M');
  await image('put', at('disk'), at('source'), '/');
  execaSync('chmod', ['755', folder]);
  execaSync('install', ['-d', '-o', NOBODY, at('outside')]);
  const asNobody = ['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', process.execPath, MAIN];
  const words = ['image', 'get', at('disk'), '/', at('outside/t')];
  const env = { PATH: `/usr/bin:${process.env['PATH'] ?? ''}` };
  const { exitCode, stderr } = await execa('setpriv', [...asNobody, ...words], { reject: false, env });
  // Whatever python3 he has, or has not.
  const told = stderr.split('\n').filter((line) => line.startsWith('twinpath: left out'));
  expect({ exitCode, told: told.length > 0 }).toEqual({ exitCode: 1, told: true });
  for (const what of ['/null: ', '/disk: ', '/plain: its attribute trusted.root: '])
    expect(stderr).toContain(`left out ${what}`);
  expect(lstatSync(at('outside/t/plain')).isFile()).toBe(true);
  const there = readdirSync(at('outside/t'));
  const left = new Set(told.map((line) => /left out (\/[^:]*)/.exec(line)?.[1]));
  for (const name of ['fifo', 'socket', 'way', 'shared1', 'dir', 'null', 'disk'])
    expect(there.includes(name) || left.has(`/${name}`), name).toBe(true);
});

const ATTRIBUTES = `
import os, sys
for name in sorted(os.listdir(sys.argv[1])):
    if name == 'lost+found': continue
    path = os.path.join(sys.argv[1], name)
    for key in sorted(os.listxattr(path, follow_symlinks=False)):
        print(name, key, os.getxattr(path, key, follow_symlinks=False).hex())
`;

test.for([
  ['in the inode and in blocks', ['-b', '4096'], 3000],
  ['in inodes of their own', ['-b', '1024', '-O', 'ea_inode'], 3000],
  ['in small inodes, where a block takes them', ['-b', '2048', '-I', '128'], 1500],
] as const)('attributes that mke2fs -d stored come out: %s', async ([, options, length], context) => {
  needsAttributes(context);
  const fill = `
import os, sys
os.mkdir(sys.argv[1]); os.chdir(sys.argv[1])
for name in ('a', 'b', 'c'):
    open(name, 'wb').write(b'x')
    os.setxattr(name, 'user.small', name.encode() * 5)
os.setxattr('b', 'user.large', bytes(i % 251 for i in range(int(sys.argv[2]))))
os.setxattr('c', 'system.posix_acl_access', bytes.fromhex(sys.argv[3]))
`;
  python(fill, at('source'), `${length}`, ACL);
  await execa('mke2fs', ['-q', '-F', '-t', 'ext4', ...options, '-d', at('source'), at('disk'), '16M']);
  expect(await debugfs('ea_list /b')).toContain(`user.large (${length})`);
  expect(await image('get', at('disk'), '/', at('target'))).toMatchObject({ code: 0 });
  const stored = python(ATTRIBUTES, at('source'));
  expect(stored.split('\n')).toHaveLength(5);
  expect(python(ATTRIBUTES, at('target'))).toBe(stored);
});
