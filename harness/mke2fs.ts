import { closeSync, mkdtempSync, openSync, readSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandsAfterMke2fs, mke2fsArguments } from './format.ts';
import { findProgram, runSync } from './process.ts';
import type { Setup } from './setup.ts';

/** mke2fs is not there, or refuses. */
export class Mke2fsError extends Error {
  override readonly name = 'Mke2fsError';
}

/** What two images of the same setup would differ in. */
export interface ImageIdentity {
  /** 16 bytes. */
  readonly uuid: Uint8Array;
  /** 16 bytes. */
  readonly hashSeed: Uint8Array;
  /** Seconds since 1970. */
  readonly now: number;
}

/** Fills `target` with the image's bytes from `offset` on; answers how many there were. */
export type ReadImage = (offset: number, target: Uint8Array) => number;

/** Has mke2fs make the file system of a setup in a temporary file, and answers what `use` makes of it. Throws Mke2fsError. */
export function withImageOfMke2fs<T>(
  setup: Setup,
  identity: ImageIdentity,
  use: (sizeBytes: number, read: ReadImage) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-mke2fs-'));
  try {
    const path = join(folder, 'image');
    writeFileSync(path, '');
    truncateSync(path, setup.sizeBytes);
    mke2fs(setup, identity, path);
    const file = openSync(path, 'r');
    try {
      return use(setup.sizeBytes, (offset, target) => readSync(file, target, 0, target.length, offset));
    } finally {
      closeSync(file);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `mke2fs` on a file that has its size already. */
export function mke2fs(setup: Setup, { uuid, hashSeed, now }: ImageIdentity, path: string): void {
  const { blockSize, sizeBytes, inodes, format = {} } = setup;
  const words = [
    ...['-q', '-F', ...mke2fsArguments(format, blockSize, [`hash_seed=${uuidText(hashSeed)}`])],
    ...['-U', uuidText(uuid)],
    ...(inodes === undefined ? [] : ['-N', String(inodes)]),
    ...[path, String(Math.floor(sizeBytes / blockSize))],
  ];
  run('mke2fs', words, now);
  for (const [program = '', ...more] of commandsAfterMke2fs(format)) run(program, [...more, path], now);
}

function run(name: string, words: readonly string[], now: number): void {
  const program = findProgram(name);
  if (program === null) throw new Mke2fsError(`${name} is not installed`);
  const { exitCode, stderr } = runSync(program, words, { E2FSPROGS_FAKE_TIME: String(now) });
  if (exitCode !== 0) throw new Mke2fsError(`${name} ${words.join(' ')}: ${stderr.trim()}`);
}

function uuidText(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
