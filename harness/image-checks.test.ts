import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { E2fsck } from './e2fsck.ts';
import { ImageBytes } from './image-bytes.fixture.ts';
import { ImageChecks } from './image-checks.ts';
import { ImageFiles } from './image-file.ts';
import { findProgram, run } from './process.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

let workspace: Workspace;
let e2fsck: E2fsck;
let checks: ImageChecks;

beforeEach(async () => {
  workspace = await openWorkspace();
  const found = await E2fsck.find();
  if (found === null) throw new Error('these tests need e2fsck');
  e2fsck = found;
  checks = new ImageChecks(e2fsck, new ImageFiles(workspace.path));
});

afterEach(async () => {
  await e2fsck.close();
  await workspace.remove();
});

async function soundImage(): Promise<ImageBytes> {
  const path = join(workspace.path, 'sound');
  const words = ['-q', '-F', '-t', 'ext4', path, '8M'];
  expect(await run(findProgram('mke2fs') ?? 'mke2fs', words, { timeoutMs: 30_000 })).toMatchObject({
    exitCode: 0,
  });
  return ImageBytes.fromFile(path);
}

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
  const unchecked = new ImageChecks(null, new ImageFiles(workspace.path));
  unchecked.start(nonsense(1), from('one'));
  expect(await unchecked.verdict()).toEqual({ kind: 'holds' });
});
