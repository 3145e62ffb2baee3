import fc from 'fast-check';
import { mkdir, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { inDirectory } from '../../e2fsprogs.fixture.ts';
import { Corruption } from '../../../lib/corruption.ts';
import { DirectoryHash } from './directory-hash.ts';

const SEED_TEXT = '9ba22268-71bd-4863-9a3f-92b9c236a69e';
const SEED = Uint8Array.from(SEED_TEXT.replaceAll('-', '').match(/../g) ?? [], (hex) => parseInt(hex, 16));
const VERSIONS = ['legacy', 'half_md4', 'tea'] as const;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hex = (value: number): string => `0x${value.toString(16)}`;

/** What debugfs (e2fsprogs 1.47.0, dx_hash -s SEED_TEXT) said. */
test.each([
  ['legacy', 'hello', '0x32252546', '0x0'],
  ['half_md4', 'hello', '0xebcd9cb0', '0xf8597e63'],
  ['tea', 'hello', '0x25d540e0', '0xe61438e8'],
] as const)('%s of %s', (version, name, major, minor) => {
  const hash = new DirectoryHash(SEED, 0, false).of(VERSIONS.indexOf(version), bytes(name));
  expect([hex(hash.major), hex(hash.minor)]).toEqual([major, minor]);
});

test('names of any length and with bytes of any sign have the hashes that debugfs tells', async () => {
  // debugfs reads lines of at most 255 bytes.
  const letters = ['a', 'z', 'A', 'Z', '0', '9', '.', '-', '_', ',', '+', '=', '~', 'é', 'ÿ', '漢'];
  const name = fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 48 });
  // A name that starts with a hyphen is an option to debugfs.
  const names = fc.sample(name, { numRuns: 120, seed: 5 }).filter(([first]) => first !== '-');
  await inDirectory(async (path) => {
    await execa('mke2fs', ['-q', '-F', '-t', 'ext4', path('image'), '2M']);
    for (const seed of [SEED_TEXT, '00000000-0000-0000-0000-000000000000']) {
      const requests = names.flatMap((name) =>
        VERSIONS.map((version) => `dx_hash -h ${version} -s ${seed} ${name.join('')}`),
      );
      await writeFile(path('requests'), requests.join('\n') + '\n');
      const { stdout } = await execa('debugfs', ['-f', path('requests'), path('image')]);
      const told = [...stdout.matchAll(/^Hash of .* is (0x\w+) \(minor (0x\w+)\)$/gm)];
      const hash = new DirectoryHash(seed === SEED_TEXT ? SEED : new Uint8Array(16), 1, false);
      const ours = names.flatMap((name) =>
        VERSIONS.map((_, version) => hash.of(version, bytes(name.join('')))),
      );
      expect(ours.map(({ major, minor }) => [hex(major), hex(minor)])).toEqual(
        told.map(([, major, minor]) => [major, minor]),
      );
    }
  });
});

test('without a sign, the hashes are those by which e2fsck sorts a directory', async () => {
  await inDirectory(async (path) => {
    const image = path('image');
    await mkdir(path('tree/dir'), { recursive: true });
    for (let index = 0; index < 60; index++) await writeFile(path(`tree/dir/ÿ${'é'.repeat(index)}`), '');
    for (const [version, algorithm] of VERSIONS.entries()) {
      const seed = ['-E', `hash_seed=${SEED_TEXT}`];
      await execa('mke2fs', [
        '-q',
        '-F',
        ...['-t', 'ext4', '-b', '1024', ...seed, '-d', path('tree'), image, '4M'],
      ]);
      await execa('tune2fs', ['-E', `hash_alg=${algorithm}`, image]);
      await execa('debugfs', ['-w', '-R', 'set_super_value flags 2', image]);
      await execa('e2fsck', ['-fyD', image], { reject: false });
      const { stdout } = await execa('debugfs', ['-R', 'htree_dump /dir', image]);
      const told = [...stdout.matchAll(/(0x\w{8})-(\w{8}) \(\d+\) (\S+) {2}/g)];
      expect(told.length).toBe(60);
      const hash = new DirectoryHash(SEED, version, true);
      for (const [, major = '', minor = '', name = ''] of told) {
        const length = (Buffer.byteLength(name) - 2) / 2;
        expect(name).toBe(`ÿ${'é'.repeat(length)}`);
        const ours = hash.of(version, bytes(name));
        expect([ours.major, ours.minor]).toEqual([Number(major), parseInt(minor, 16)]);
      }
    }
  });
});

test('a version that no superblock may name is refused, as by a mount', () => {
  expect(() => new DirectoryHash(SEED, 6, false)).toThrow(Corruption);
});
