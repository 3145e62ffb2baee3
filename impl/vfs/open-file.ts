import type { IoRules } from '../ext4/data/io-rules.ts';
import type { DirectoryReader } from '../ext4/directory/reading/reader.ts';
import type { Inode } from '../ext4/inode/inode.ts';
import { fail } from '../lib/errno.ts';
import type { ErrorWatcher } from '../mm/error-sequence.ts';
import { ReadaheadState } from '../mm/readahead-state.ts';
import type { Credentials } from './permission/credentials.ts';
import type { OpenFlags } from './types.ts';

/** An open file description (struct file). */
export class OpenFile implements ErrorWatcher {
  readonly inode: Inode;
  readonly readable: boolean;
  readonly writable: boolean;
  /** How it is read and written when the call says nothing else. */
  readonly rules: IoRules;
  /** Who opened it (f_cred). */
  readonly openedBy: Credentials;
  /** A descriptor and mappings; when there are none, the file is released. */
  users = 1;
  /** Bytes (f_pos). */
  position = 0;
  /** Where a directory is read, from the first getdents on. */
  reader: DirectoryReader | null = null;

  /** Lost writes of the file, and of the file system, that it was told of (f_wb_err, f_sb_err). */
  errorsSeen: number;
  readonly superErrors: ErrorWatcher;
  #readahead: ReadaheadState | null = null;

  constructor(inode: Inode, access: OpenFlags['access'], rules: IoRules, openedBy: Credentials) {
    this.inode = inode;
    this.readable = access !== 'write';
    this.writable = access !== 'read';
    this.rules = rules;
    this.openedBy = openedBy;
    this.errorsSeen = inode.mapping.sampleErrors();
    this.superErrors = { errorsSeen: inode.lostWrites.sample() };
  }

  /** How it has been read so far (f_ra). */
  get readahead(): ReadaheadState {
    return (this.#readahead ??= new ReadaheadState());
  }
}

/** Descriptors of 0, 1 and 2 belong to a process's terminal; a process may have 1024 (RLIMIT_NOFILE). */
const FIRST_FD = 3;
const FDS_MAX = 1024;

/** The descriptors of the one process (struct files_struct). */
export class FileTable {
  /** By descriptor; undefined where it is free, null while it is reserved. */
  readonly #files: (OpenFile | null | undefined)[] = [];
  #open = 0;
  readonly #max: number;

  /** `max` is the first number that no descriptor has. */
  constructor(max = FDS_MAX) {
    this.#max = max;
  }

  get openFiles(): number {
    return this.#open;
  }

  /** Takes the lowest free descriptor out of use, before the file is found (get_unused_fd_flags). Fails with EMFILE. */
  reserve(): number {
    let index = 0;
    while (index < this.#files.length && this.#files[index] !== undefined) index++;
    if (FIRST_FD + index >= this.#max) fail('EMFILE');
    this.#files[index] = null;
    return FIRST_FD + index;
  }

  /** Gives a reserved descriptor back (put_unused_fd). */
  cancel(fd: number): void {
    this.#release(fd - FIRST_FD);
  }

  /** From now on the reserved descriptor means `file` (fd_install). */
  install(fd: number, file: OpenFile): void {
    this.#files[fd - FIRST_FD] = file;
    this.#open++;
    if (file.writable) file.inode.writers++;
  }

  /** Fails with EBADF. */
  get(fd: number): OpenFile {
    return this.#files[fd - FIRST_FD] ?? fail('EBADF');
  }

  /** The descriptor is free again; answers the file it meant, which loses a user. Fails with EBADF. */
  remove(fd: number): OpenFile {
    const file = this.get(fd);
    this.#release(fd - FIRST_FD);
    this.#open--;
    return file;
  }

  /** Every descriptor in use. */
  descriptors(): number[] {
    const found: number[] = [];
    this.#files.forEach((file, index) => {
      if (file instanceof OpenFile) found.push(FIRST_FD + index);
    });
    return found;
  }

  #release(index: number): void {
    this.#files[index] = undefined;
  }
}
