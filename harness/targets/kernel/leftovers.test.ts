import { execa } from 'execa';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { guestsIn } from '../../leftovers.ts';
import { findProgram } from '../../process.ts';
import { removeAbandoned } from '../../workspace.ts';
import { Area } from './area.ts';
import { Performer } from './performer.ts';
import { whyNoUml } from './uml.fixture.ts';
import { userModeLinux } from './uml.ts';

/** Far above what Linux gives to a process: whoever has this number is dead. */
const NOBODY = 2 ** 30;

let parent: string;
let folder: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'leftovers-test-'));
  folder = join(parent, `twinpath-${NOBODY}-killed`);
  mkdirSync(folder);
});

afterEach(() => rmSync(parent, { recursive: true }));

const loops = (): string[] =>
  readdirSync('/sys/block')
    .map((name) => join('/sys/block', name, 'loop/backing_file'))
    .filter((file) => existsSync(file) && readFileSync(file, 'utf8').startsWith(folder));

test('a frozen file system of a performer that was killed is thawed, and its loop device goes', async (context) => {
  if (process.getuid?.() !== 0 || !existsSync('/dev/loop-control'))
    context.skip('unknown: no root, or no loop devices');
  const image = join(folder, 'image');
  await execa(findProgram('mke2fs') ?? 'mke2fs', ['-q', '-t', 'ext4', image, '8M']);
  mkdirSync(join(folder, 'mount'));
  const performer = await Performer.here();
  await performer.call({ call: 'separate' });
  const place = { kind: 'loop', image, folder: join(folder, 'mount'), type: 'ext4', options: [] };
  expect((await performer.call({ call: 'stand', place, paced: false })).error).toBe(undefined);
  const [frozen] = await Promise.all(
    performer
      .perform([{ operation: { op: 'freeze' }, data: new Uint8Array(0) }])
      .map((asked) => asked.later()),
  );
  expect(frozen?.value).toEqual({ kind: 'done' });
  performer.kill();
  await expect(performer.call({ call: 'space' })).rejects.toThrow('ended with SIGKILL');
  expect(loops()).toHaveLength(1);
  expect(removeAbandoned(parent)).toBe(1);
  await expect.poll(loops).toEqual([]);
});

test('a guest of a harness that is no more is ended', { timeout: 30_000 }, async (context) => {
  const why = await whyNoUml();
  if (why !== null) context.skip(`unknown: ${why}`);
  const path = join(folder, 'guest');
  mkdirSync(path);
  const disk = join(path, 'disk');
  writeFileSync(disk, '');
  truncateSync(disk, 1 << 20);
  const performer = await Performer.over((onBytes) =>
    userModeLinux(null).start({ path, disk, log: null, area: new Area(null) }, onBytes),
  );
  expect(guestsIn(folder)).not.toEqual([]);
  expect(removeAbandoned(parent)).toBe(1);
  await expect.poll(() => guestsIn(folder)).toEqual([]);
  await expect(performer.call({ call: 'space' })).rejects.toThrow('ended with SIGKILL');
});
