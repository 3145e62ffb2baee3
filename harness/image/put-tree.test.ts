import { execa } from 'execa';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeImage } from '../image-file.ts';
import { editImage } from '../targets/typescript/image-editor.ts';
import { makeImage } from '../targets/typescript/image-maker.ts';
import { viewImage } from '../targets/typescript/image-viewer.ts';
import { CopyWatch } from './copy-watch.ts';
import { ImageDisk } from './image-disk.ts';
import { ImageOverlay } from './image-overlay.ts';
import type { ImageEditor } from './image-view.ts';
import { PutTree } from './put-tree.ts';

const FOLDERS = 12;
const FILES = 10;
const STOP_AT = '/put/d7';

const e2fsck = (path: string, how: string): Promise<{ exitCode?: number }> =>
  execa('e2fsck', [how, path], { reject: false });

test('whoever is stopped, or killed, leaves a sound image with what went in', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'put-tree-test-'));
  const at = (name: string): string => join(folder, name);
  try {
    for (let number = 0; number < FOLDERS; number++) {
      mkdirSync(at(`source/d${number}`), { recursive: true });
      for (let file = 0; file < FILES; file++)
        writeFileSync(at(`source/d${number}/f${file}`), 'x'.repeat(5000));
    }
    const options = { sizeBytes: 16 << 20, blockSize: 1024, now: 1_700_000_000 } as const;
    writeImage(makeImage({ ...options, uuid: new Uint8Array(16), hashSeed: new Uint8Array(16) }), at('disk'));
    const disk = ImageDisk.open(at('disk'));
    const editor = editImage(disk, { seconds: 1_700_000_001, nanoseconds: 0 });
    const stop = new AbortController();
    const makeDirectory = editor.makeDirectory.bind(editor);
    const stopping: ImageEditor = Object.assign(editor, {
      makeDirectory: (path: string): void => {
        makeDirectory(path);
        if (path !== STOP_AT) return;
        editor.relieve();
        stop.abort();
      },
    });
    const events = {
      onProgress: () => undefined,
      onLeftOut: () => undefined,
      onRemark: () => undefined,
      stop: stop.signal,
    };
    await new PutTree(stopping, new CopyWatch(events), false, null).put(at('source'), '/put');
    copyFileSync(at('disk'), at('killed'));
    editor.close();
    disk.close();
    expect((await e2fsck(at('disk'), '-fn')).exitCode).toBe(0);
    // e2fsck replays the log and has nothing else to do: 0, or 1 because it changed the disk by that.
    expect((await e2fsck(at('killed'), '-fp')).exitCode).toBeLessThan(2);
    expect((await e2fsck(at('killed'), '-fn')).exitCode).toBe(0);
    for (const name of ['disk', 'killed']) {
      const overlay = ImageOverlay.open(at(name));
      const view = viewImage(overlay);
      const found = view.names('/put');
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThanOrEqual(FOLDERS);
      expect(view.names('/put')).toContain('d7');
      expect(view.names('/put/d7')).toEqual([]);
      overlay.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
