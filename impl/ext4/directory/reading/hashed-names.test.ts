import fc from 'fast-check';
import { expect, test } from 'vitest';
import { initializeLeaf, insertAt, entryAt, findRoom } from '../block.ts';
import { decodeName, encodeName } from '../file-name.ts';
import { DirectoryHash } from '../hash/directory-hash.ts';
import { HashedNames } from './hashed-names.ts';

/** Hashes of which many are the same: the first two digits of a name. */
class FewHashes extends DirectoryHash {
  constructor() {
    super(new Uint8Array(16), 0, false);
  }

  override put(target: Uint32Array, at: number, _version: number, bytes: Uint8Array, start: number): void {
    target[at] = 2 * ((bytes[start] ?? 0) - 0x30);
    target[at + 1] = (bytes[start + 1] ?? 0) - 0x30;
  }
}

function blockOf(names: readonly string[]): Uint8Array {
  const data = new Uint8Array(1024);
  initializeLeaf(data, true);
  for (const name of names) insertAt(data, findRoom(data, name.length), 12, 1, encodeName(name));
  return data;
}

const listed = (names: HashedNames): string[] =>
  Array.from({ length: names.count }, (_, place) => {
    const { name } = entryAt(names.bytes, names.offset(place));
    return `${decodeName(name)} ${names.major(place)} ${names.minor(place)}`;
  });

test('names of several blocks come by major and minor hash, those of one hash as they were found, none from before the start', () => {
  const digits = fc.array(fc.tuple(fc.nat(4), fc.nat(3)), { maxLength: 30 });
  fc.assert(
    fc.property(fc.array(digits, { maxLength: 3 }), fc.nat(9), fc.nat(3), (blocks, major, minor) => {
      const names = new HashedNames({ major, minor }, 1024);
      const all = blocks.map((block, b) => block.map(([x, y], i) => `${x}${y}-${b}-${i}`));
      for (const block of all) names.addBlock(blockOf(block), new FewHashes(), 0);
      names.sort();
      const hashed = all.flat().map((name) => ({ name, major: 2 * Number(name[0]), minor: Number(name[1]) }));
      const expected = hashed
        .filter((one) => one.major > major || (one.major === major && one.minor >= minor))
        .sort((left, right) => left.major - right.major || left.minor - right.minor)
        .map((one) => `${one.name} ${one.major} ${one.minor}`);
      expect(listed(names)).toEqual(expected);
    }),
  );
});
