import { execa } from 'execa';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SetupFormat } from '../format.ts';
import { FORMAT_DIMENSIONS } from '../generate/format-choices.ts';
import { BLOCK_SIZES, LARGE_BLOCK_SIZES } from '../setup.ts';
import { image, type Said } from './said.fixture.ts';
import { EXIT } from './terminal.ts';

/** Several blocks of every size, and no multiple of any. */
const BYTES = Buffer.from(Array.from({ length: 300_001 }, (_, index) => (index * 7 + (index >> 8)) & 0xff));

/** More than a block of 1 KiB has room for. */
const NAMES = Array.from({ length: 60 }, (_, index) => `a name of some length, number ${index}`);

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-formats-test-'));
  mkdirSync(at('tree/many'), { recursive: true });
  writeFileSync(at('tree/bytes'), BYTES);
  writeFileSync(at('tree/few'), 'hello\n');
  symlinkSync('few', at('tree/way'));
  for (const name of NAMES) writeFileSync(at(`tree/many/${name}`), name);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** A format in the words of `image mkfs`. */
function wordsOf(format: SetupFormat): string[] {
  const { features = [], unsignedHash, maker, ...rest } = format;
  expect(maker).toBeUndefined();
  const words = Object.entries(rest).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
  if (features.length > 0) words.push('--features', features.join(','));
  return unsignedHash === true ? [...words, '--unsigned-hash'] : words;
}

const held = async (said: Promise<Said>): Promise<Said> => {
  const result = await said;
  expect([result.code, result.err.split('\n').filter((line) => line.startsWith('twinpath:'))]).toEqual([
    EXIT.held,
    [],
  ]);
  return result;
};

const ROWS: readonly (readonly [name: string, blockSize: number, format: SetupFormat])[] = [
  ...[...BLOCK_SIZES, ...LARGE_BLOCK_SIZES].map((size) => [`blocks of ${size}`, size, {}] as const),
  ...FORMAT_DIMENSIONS.flatMap(({ choices }) =>
    choices.map(
      ({ name, format, blockSizeMin = 1024 }) => [name, Math.max(blockSizeMin, 1024), format] as const,
    ),
  ),
];

test.each(ROWS)('every command of image works: %s, blocks of %i', async (name, blockSize, format) => {
  const disk = at(`${name.replaceAll(' ', '-')}.img`);
  const size = blockSize > 4096 ? '256M' : '16M';
  await held(image('mkfs', disk, '--size', size, '--block-size', String(blockSize), ...wordsOf(format)));
  await held(image('put', disk, at('tree'), '/tree'));

  expect((await held(image('info', disk))).out).toMatch(new RegExp(`block size +${blockSize}\\b`, 'i'));
  const listed = (await held(image('ls', disk, '/tree/many'))).out;
  expect(NAMES.filter((each) => !listed.includes(each))).toEqual([]);
  expect((await held(image('cat', disk, '/tree/bytes'))).bytes.equals(BYTES)).toBe(true);
  expect((await held(image('map', disk, '/tree/bytes'))).out).toMatch(/\d/);

  const back = at(`${name.replaceAll(' ', '-')}.back`);
  await held(image('get', disk, '/tree', back));
  expect(readFileSync(join(back, 'bytes')).equals(BYTES)).toBe(true);
  expect(readlinkSync(join(back, 'way'))).toBe('few');
  expect(readdirSync(join(back, 'many')).sort()).toEqual([...NAMES].sort());
  await held(image('fsck', disk));

  // What we made is what others take it for, too.
  const { stdout } = await execa('debugfs', ['-R', 'stat /tree/bytes', disk], { env: SBIN });
  expect(stdout).toContain(`Size: ${BYTES.length}`);
  for (const path of [disk, back]) rmSync(path, { recursive: true });
});

const SBIN = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
