import { execa } from 'execa';
import { expect, test } from 'vitest';
import { GUEST } from '../../guest.ts';
import { PYTHON } from './performer.ts';

/** guest/messages.py with lines of ours in place of the kernel's log; prints what it hears of loop1 as JSON. */
async function heard(before: readonly string[], after: readonly string[]): Promise<unknown> {
  const program = `
import json, os, socket, sys
sys.path.insert(0, sys.argv[1])
from messages import Messages
said, log = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
log.setblocking(False)
messages = Messages(False)
messages.log = log.fileno()
before, after = json.loads(sys.argv[2])
for line in before: said.send(f"6,1,1,-;{line}".encode())
messages.begin("loop1")
for line in after: said.send(f"6,1,1,-;{line}".encode())
messages.arrived = messages.arrived or bool(after)
print(json.dumps(messages.since("loop1")))
`;
  const words = ['-I', '-S', '-B', '-c', program, GUEST, JSON.stringify([before, after])];
  return JSON.parse((await execa(PYTHON, words)).stdout);
}

const error = (device: string): string => `EXT4-fs error (device ${device}): iget: checksum invalid`;

test('what was said of a device before it was ours is not about us, and another name that begins like it neither', async () => {
  expect(await heard([error('loop1')], [error('loop10')])).toEqual([]);
  expect(await heard([error('loop1')], [error('loop1')])).toEqual([error('loop1')]);
});

test('what the kernel says of itself counts, whenever it was', async () => {
  const warning = 'WARNING: CPU: 0 PID: 171 at fs/ext4/inode.c:375 ext4_da_update_reserve_space+0x7f/0x129';
  expect(await heard([warning], [])).toEqual([warning]);
});
