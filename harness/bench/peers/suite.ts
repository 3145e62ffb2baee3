import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Absent, Contest, Contestant, Lap, Scale, Suite } from '../contest.ts';
import { directoryRound } from '../metadata/directory-round.ts';
import { cachedLaps } from '../paths/buffered.ts';
import { FILE, SERIES_SIZES } from '../paths/workload.ts';
import { Pieces } from '../pieces.ts';
import { debugfs } from './debugfs.ts';
import { ext2fsBytes, ext2fsNames } from './ext2fs.ts';
import { PEERS, type Peer, type RunningPeer } from './peer.ts';

const DEVICE_MIN_BYTES = 64 << 20;
const DEVICE_FILES = 3;
const BYTES_PER_FILE = 8192;

/** The same work on images like ours by everybody who is on this machine. Who is not is unknown, and says why. */
export const PEERS_SUITE: Suite = {
  name: 'peers',
  summary:
    'the same work by the kernel on a loop device, fuse2fs, debugfs -w, libext2fs in WebAssembly and a folder in memory, as far as they are here',
  contests: (scale) => [
    ...SERIES_SIZES.filter((size) => size <= scale.fileBytes).map((size) => bytesContest(size, scale)),
    namesContest(scale),
  ],
};

function bytesContest(callBytes: number, { fileBytes, workspace }: Scale): Contest {
  return {
    name: `buffered ${callBytes}`,
    sizeBytes: callBytes,
    unit: 'MiB/s',
    async enter() {
      const run = {
        fileBytes,
        callBytes,
        source: new Pieces(fileBytes, callBytes, 7),
        target: new Pieces(fileBytes, callBytes, 1),
        shuffled: [],
      };
      const sizeBytes = Math.max(DEVICE_MIN_BYTES, DEVICE_FILES * fileBytes);
      const mounted = started(workspace, sizeBytes, ({ calls }) => {
        const fd = calls.open(FILE, { access: 'read-write', create: true });
        const laps = cachedLaps(calls, fd, run);
        calls.close(fd);
        calls.unlink(FILE);
        return laps;
      });
      return [...mounted, await ext2fsBytes(sizeBytes, callBytes, run.source, run.target)];
    },
  };
}

function namesContest({ files, workspace }: Scale): Contest {
  return {
    name: 'one directory',
    sizeBytes: null,
    unit: 'operations/s',
    async enter() {
      const sizeBytes = DEVICE_MIN_BYTES + files * BYTES_PER_FILE;
      const where = { files, directories: 1, root: '' };
      return [
        ...started(workspace, sizeBytes, ({ calls }) => directoryRound(calls, 'one directory', where)),
        debugfs(workspace, files),
        await ext2fsNames(sizeBytes, files),
      ];
    },
  };
}

/** Every peer, mounted in a folder of its own. */
const started = (
  workspace: string,
  sizeBytes: number,
  round: (peer: RunningPeer) => readonly Lap[],
): (Contestant | Absent)[] => PEERS().map((peer) => startedOne(peer, workspace, sizeBytes, round));

function startedOne(
  peer: Peer,
  workspace: string,
  sizeBytes: number,
  round: (peer: RunningPeer) => readonly Lap[],
): Contestant | Absent {
  const { subject } = peer;
  const folder = mkdtempSync(join(workspace, 'peer-'));
  const running = peer.start(folder, sizeBytes);
  if (typeof running === 'string') {
    rmSync(folder, { recursive: true });
    return { subject, reason: running };
  }
  return {
    subject,
    round: () => round(running),
    close() {
      running.close();
      rmSync(folder, { recursive: true });
    },
  };
}
