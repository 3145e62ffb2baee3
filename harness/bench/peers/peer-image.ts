import { BASE_SECONDS, DEFAULT_SETUP, type Setup } from '../../setup.ts';
import type { ImageIdentity } from '../../mke2fs.ts';

const BLOCK_BYTES = 4096;
const ID = new Uint8Array(16).fill(0x36);

export const PEER_IDENTITY: ImageIdentity = { uuid: ID, hashSeed: ID, now: BASE_SECONDS };

/** The file system that peers get: an inode for every block, so that files are not what runs out first. */
export const peerSetup = (sizeBytes: number): Setup => ({
  ...DEFAULT_SETUP,
  blockSize: BLOCK_BYTES,
  sizeBytes,
  inodes: sizeBytes / BLOCK_BYTES,
});
