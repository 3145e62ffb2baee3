import { execa } from 'execa';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, type TestContext } from 'vitest';
import type { Operation } from '../../../model/index.ts';
import { findProgram } from '../../process.ts';
import { DEFAULT_SETUP, timeOfStep, type Setup } from '../../setup.ts';
import type { Session, Target } from '../../target.ts';
import { openWorkspace } from '../../workspace.ts';
import { writeImage } from '../../image-file.ts';
import { Area } from './area.ts';
import { Performer, type Told } from './performer.ts';
import { kernelTarget } from './target-words.ts';
import { whyNoUml } from './uml.fixture.ts';
import { userModeLinux } from './uml.ts';
import { SparseImage } from './sparse-image.ts';

const SETUP: Setup = { ...DEFAULT_SETUP, mount: { ...DEFAULT_SETUP.mount, atime: 'noatime' } };
const OPTIONS = { faults: [], now: timeOfStep(0) };

describe('a User-Mode Linux', async () => {
  const reason = await whyNoUml();
  const workspace = await openWorkspace();
  const targets: Target[] = [];
  afterAll(async () => {
    for (const target of targets) await target.close?.();
    await workspace.remove();
  });

  const booted = (
    name: string,
    body: (target: Target, context: TestContext) => Promise<void>,
    words = 'uml',
  ): void =>
    test(name, async (context) => {
      if (reason !== null) context.skip(`unknown: ${reason}`);
      const target = kernelTarget(words, workspace.path);
      if (target === null) throw new Error('no target');
      targets.push(target);
      await body(target, context);
    });

  const ask = async (session: Session, operation: Operation): Promise<unknown> => {
    const outcome = await session.apply(operation, timeOfStep(0));
    return outcome.ok ? outcome.value : outcome.errno;
  };

  const askAll = async (
    session: Session,
    operations: readonly Operation[],
    answers: unknown[],
  ): Promise<void> => {
    for (const operation of operations) answers.push(await ask(session, operation));
  };

  const guests = (): string[] =>
    readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(workspace.path);
      } catch {
        return false;
      }
    });

  booted('boots, serves one sequence after the other, and e2fsck accepts its disk', async (target) => {
    const first = await target.start(SETUP, OPTIONS);
    expect(await ask(first, { op: 'mkdir', path: 'd', mode: 0o700 })).toEqual({ kind: 'done' });
    // Longer than what a line carries.
    const content = { seed: 1, length: 100_000 };
    await ask(first, {
      op: 'open',
      as: 'fd1',
      path: 'd/f',
      access: 'write',
      flags: { create: true },
      mode: 0o600,
    });
    expect(await ask(first, { op: 'write', handle: 'fd1', content })).toEqual({
      kind: 'count',
      count: 100_000,
    });
    const image = await first.unmount();
    if (image === null) throw new Error('no disk');
    const file = join(workspace.path, 'judged');
    writeImage(image, file);
    const judged = await execa(findProgram('e2fsck') ?? 'e2fsck', ['-fn', file]);
    expect(judged.exitCode).toBe(0);
    const before = guests();
    const second = await target.mount(image, SETUP, OPTIONS);
    expect(await ask(second, { op: 'rmdir', path: 'd' })).toBe('ENOTEMPTY');
    expect(guests()).toEqual(before);
    await second.unmount();
    await target.close?.();
    expect(guests()).toEqual([]);
  });

  booted(
    'a guest that dies breaks the operation that ran, and the next session has a new one',
    async (target) => {
      const session = await target.start(SETUP, OPTIONS);
      session.foresee?.([]);
      const [guest = ''] = guests();
      const answer = ask(session, { op: 'sync' });
      process.kill(Number(guest), 'SIGKILL');
      const broken = await answer.then(() => ask(session, { op: 'sync' })).catch((error: unknown) => error);
      expect(broken).toMatchObject({ name: 'PartnerLost' });
      session.abandon();
      const next = await target.start(SETUP, OPTIONS);
      expect(await ask(next, { op: 'rmdir', path: 'lost+found' })).toEqual({ kind: 'done' });
      await next.unmount();
    },
  );

  /** A disk whose directory `d` has lost the head of its extents. */
  const damagedBy = async (target: Target): Promise<SparseImage> => {
    const session = await target.start(SETUP, OPTIONS);
    await ask(session, { op: 'mkdir', path: 'd', mode: 0o700 });
    const image = await session.unmount();
    if (image === null) throw new Error('no disk');
    const file = join(workspace.path, 'damaged');
    writeImage(image, file);
    const debugfs = findProgram('debugfs') ?? 'debugfs';
    await execa(debugfs, ['-w', '-R', 'set_inode_field d block[0] 0', file]);
    return SparseImage.scan(file);
  };

  test('a kernel without memory to share answers over its line', async (context) => {
    if (reason !== null) context.skip(`unknown: ${reason}`);
    const path = mkdtempSync(join(workspace.path, 'line-'));
    const disk = join(path, 'disk');
    writeFileSync(disk, new Uint8Array(1 << 20));
    const folder = { path, disk, log: null, area: new Area(null) };
    const performer = await Performer.over((onBytes) => userModeLinux(null).start(folder, onBytes));
    try {
      expect(performer.hello.area).toBe(false);
      await performer.call({ call: 'stand', place: { kind: 'folder', folder: '/run' }, paced: false });
      const told = (operation: Told['operation']): Told => ({ operation, data: new Uint8Array(0) });
      const answers = performer.perform([
        told({ op: 'mkdir', path: 'd', mode: 0o700 }),
        told({ op: 'mkdir', path: 'd', mode: 0o700 }),
      ]);
      const [made, again] = await Promise.all(answers.map((asked) => asked.later()));
      expect([made?.value, again?.errno]).toEqual([{ kind: 'done' }, 'EEXIST']);
    } finally {
      performer.kill();
    }
  });

  booted(
    'of many operations that were told at once it is known which one the kernel died of',
    async (target) => {
      const session = await target.mount(await damagedBy(target), SETUP, OPTIONS);
      const operations: Operation[] = [
        { op: 'mkdir', path: 'e', mode: 0o700 },
        { op: 'rmdir', path: 'nothing' },
        { op: 'readdir', path: 'd' },
        { op: 'mkdir', path: 'f', mode: 0o700 },
      ];
      session.foresee?.(operations);
      const answers: unknown[] = [];
      const died = await askAll(session, operations, answers).catch((error: unknown) => error);
      expect(answers).toEqual([{ kind: 'done' }, 'ENOENT']);
      expect(died).toMatchObject({
        name: 'PartnerLost',
        message: expect.stringContaining('panic') as string,
      });
      session.abandon();
    },
    'uml,options=errors=panic',
  );

  booted('what the kernel says of a damaged disk is a finding, with its words', async (target) => {
    const damaged = await target.mount(await damagedBy(target), SETUP, OPTIONS);
    const found = await ask(damaged, { op: 'readdir', path: 'd' }).catch((error: unknown) => error);
    expect(found).toMatchObject({
      name: 'KernelMessage',
      message: expect.stringContaining('EXT4-fs error') as string,
    });
    damaged.abandon();
  });
});
