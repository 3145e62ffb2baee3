import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshImage, openChecker, type Checker } from './e2fsck.fixture.ts';
import type { E2fsck } from './e2fsck.ts';
import { ImageBytes } from './image-bytes.fixture.ts';
import { ImageChecks } from './image-checks.ts';
import { ImageFiles } from './image-file.ts';

let checker: Checker;
let e2fsck: E2fsck;
let checks: ImageChecks;

beforeEach(async () => {
  checker = await openChecker();
  ({ e2fsck } = checker);
  checks = new ImageChecks(e2fsck, new ImageFiles(checker.folder));
});

afterEach(() => checker.close());

const soundImage = async (): Promise<ImageBytes> =>
  ImageBytes.fromFile(await freshImage(checker.folder, 'sound'));

const nonsense = (byte: number): ImageBytes => new ImageBytes(new Uint8Array(1 << 20).fill(byte));

const from = (target: string) => ({ target, stage: 'after unmount' });

test('e2fsck looks at the same bytes once', async () => {
  const image = await soundImage();
  checks.start(image, from('one'));
  checks.start(image.snapshot(), from('other'));
  expect(await checks.verdict()).toEqual({ kind: 'holds' });
  expect([e2fsck.imagesChecked, e2fsck.imagesSpared]).toEqual([1, 1]);
});

test('a sound image says nothing of one that differs in a byte', async () => {
  const image = await soundImage();
  const bytes = new Uint8Array(image.sizeBytes);
  image.read(0, bytes);
  // s_free_blocks_count: the checksum is wrong then, too.
  bytes[1024 + 0x0c] = (bytes[1024 + 0x0c] ?? 0) ^ 1;
  checks.start(image, from('one'));
  checks.start(new ImageBytes(bytes), from('other'));
  expect(await checks.verdict()).toMatchObject({ kind: 'fails', failure: { target: 'other' } });
  expect([e2fsck.imagesChecked, e2fsck.imagesSpared]).toEqual([2, 0]);
});

test('what is wrong with the same bytes is told of the first who left them', async () => {
  checks.start(nonsense(1), from('one'));
  checks.start(nonsense(1), from('other'));
  expect(await checks.verdict()).toMatchObject({ kind: 'fails', failure: { target: 'one' } });
  expect([e2fsck.imagesChecked, e2fsck.imagesSpared]).toEqual([1, 1]);
});

test('without e2fsck nobody says anything', async () => {
  const unchecked = new ImageChecks(null, new ImageFiles(checker.folder));
  unchecked.start(nonsense(1), from('one'));
  expect(await unchecked.verdict()).toEqual({ kind: 'holds' });
});
