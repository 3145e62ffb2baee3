import { describe, expect } from 'vitest';
import { loadImage, withImage } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { python, scriptedKernelTest, withKernelMount } from './kernel-mount.fixture.ts';
import { newDisk, putFile, testMount } from './test-mount.fixture.ts';

/** What telldir gave goes on meaning the same when names come and go, and is what the kernel gives. */

const NAMES = 300;

/** Names that come and go, and then a seek to where so many entries, of those read so far, had been passed. */
interface Step {
  readonly adds: readonly number[];
  readonly removes: readonly number[];
  readonly backTo: number;
  readonly reads: number;
}

const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step);

const STEPS: readonly Step[] = [
  { adds: [], removes: [], backTo: 0, reads: 40 },
  { adds: range(NAMES, NAMES + 120), removes: range(0, NAMES, 9), backTo: 40, reads: 60 },
  { adds: [], removes: range(1, NAMES, 9), backTo: 25, reads: 100 },
  { adds: range(0, NAMES, 9), removes: range(NAMES, NAMES + 120, 2), backTo: 70, reads: 10 },
  { adds: range(NAMES + 120, NAMES + 500), removes: [], backTo: 3, reads: 5000 },
];

const nameOf = (id: number): string => `${id}${'n'.repeat((id * 37) % 60)}`;

/** A name, and the position behind it. */
type Read = [name: string, position: string];

const SCRIPT = `
import ctypes, json, os, struct, sys
given = json.load(open(sys.argv[2]))
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(1 << 20)
open('file', 'w').close()
os.mkdir('dir')
for name in given['names']: os.link('file', 'dir/' + name)
fd = os.open('dir', os.O_RDONLY)
def getdents():
    size = libc.syscall(217, fd, buffer, len(buffer))
    at, found = 0, []
    while at < size:
        _, offset, length, _ = struct.unpack_from('=QqHB', buffer.raw, at)
        name = buffer.raw[at + 19:at + length].split(b'\\0')[0].decode()
        found.append((name, str(offset)))
        at += length
    return found
told, answers = ['0'], []
for step in given['steps']:
    for name in step['adds']: os.link('file', 'dir/' + name)
    for name in step['removes']: os.unlink('dir/' + name)
    os.lseek(fd, int(told[step['backTo']]), 0)
    read = getdents()[:step['reads']]
    told = told[:step['backTo'] + 1] + [position for _, position in read]
    answers.append(read)
print(json.dumps(answers))
`;

function ours(fs: FileSystem): Read[][] {
  putFile(fs, 'file');
  fs.mkdir('dir');
  for (const id of range(0, NAMES)) fs.link('file', `dir/${nameOf(id)}`);
  const fd = fs.opendir('dir');
  let told = [{ high: 0, low: 0 }];
  const answers = STEPS.map(({ adds, removes, backTo, reads }) => {
    for (const id of adds) fs.link('file', `dir/${nameOf(id)}`);
    for (const id of removes) fs.unlink(`dir/${nameOf(id)}`);
    fs.seekdir(fd, told[backTo] ?? expect.fail('no such position'));
    const read = fs.getdents(fd, reads);
    told = [...told.slice(0, backTo + 1), ...read.map(({ next }) => next)];
    return read.map(({ name, next }): Read => [name, `${(BigInt(next.high) << 32n) | BigInt(next.low)}`]);
  });
  fs.close(fd);
  return answers;
}

describe.each([
  ['indexed', []],
  ['without indexes', ['^dir_index']],
])('%s', (_, features) => {
  scriptedKernelTest(
    'positions and what lies behind them are the kernel`s while names come and go',
    async () => {
      await withImage(newDisk(1024, 2 ** 23, { features }), async (image) => {
        const disk = await loadImage(image);
        const steps = STEPS.map((step) => ({
          ...step,
          adds: step.adds.map(nameOf),
          removes: step.removes.map(nameOf),
        }));
        const names = range(0, NAMES).map(nameOf);
        const theirs = await withKernelMount(image, (root) => python(SCRIPT, root, { names, steps }));
        const answers = ours(testMount(disk));
        expect(answers).toEqual(theirs);
        expect(answers.at(-1)?.length).toBeGreaterThan(NAMES);
      });
    },
  );
});
