import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { ImageFiles } from './image-file.ts';
import { rehearse } from './rehearsal.ts';

test('both paths can do all of it', async () => {
  expect(await rehearse(new ImageFiles(tmpdir()))).toEqual({ kind: 'holds' });
});
