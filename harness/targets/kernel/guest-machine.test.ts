import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TargetUnavailable } from '../../target.ts';
import { PartnerLost } from './channel.ts';
import { GuestMachine } from './guest-machine.ts';
import { userModeLinux } from './uml.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guest-machine-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What becomes of a seat when the kernel says only this, and aborts. */
async function bootOf(words: string): Promise<unknown> {
  const kernel = join(folder, 'kernel');
  writeFileSync(kernel, `#!/bin/sh\necho '${words}' >&2\nkill -ABRT $$\n`);
  chmodSync(kernel, 0o755);
  const machine = new GuestMachine(userModeLinux(kernel), folder, 'guest');
  try {
    return await machine.seat(1 << 20);
  } catch (error) {
    return error;
  } finally {
    await machine.close();
  }
}

test('a User-Mode Linux that the processor is too new for cannot be had', async () => {
  const error = await bootOf('userspace - ptrace set fp regs failed, errno = 14');
  expect(error).toBeInstanceOf(TargetUnavailable);
  expect(String(error)).toContain('does not run on this processor');
  expect(readdirSync(folder)).toEqual(['kernel']);
});

test('any other end of a boot is a loss, which is a finding', async () => {
  const error = await bootOf('Kernel panic - not syncing: No working init found.');
  expect(error).toBeInstanceOf(PartnerLost);
  expect(String(error)).toContain('No working init found');
  expect(readdirSync(folder)).toEqual(['kernel']);
});
