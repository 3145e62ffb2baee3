/** The words behind -o: those of ext4 for our ext4, those of FUSE for the kernel's side of the mount. */

/** How the image is mounted. */
export interface ImageMountOptions {
  readonly bufferedIomap: boolean;
  readonly readOnly: boolean;
  readonly delalloc: boolean;
  readonly dioreadNolock: boolean;
  readonly discard: boolean;
  readonly atime: 'relatime' | 'noatime' | 'strictatime';
  readonly errors: 'continue' | 'remount-ro' | 'panic';
  readonly data: 'ordered' | 'writeback' | 'journal';
  readonly dataErr: 'ignore' | 'abort';
  readonly journalChecksum: boolean;
  readonly noload: boolean;
  readonly resuid: number | null;
  readonly resgid: number | null;
}

/** How the kernel shows it. */
export interface KernelMountOptions {
  /** Others than who mounts may come in; what each may do, the files' permissions say. */
  readonly allowOther: boolean;
  readonly kernelCache: boolean;
  readonly suid: boolean;
  readonly dev: boolean;
  readonly exec: boolean;
}

export interface MountChoice {
  readonly image: ImageMountOptions;
  readonly kernel: KernelMountOptions;
}

const DEFAULT_IMAGE: ImageMountOptions = {
  bufferedIomap: false,
  readOnly: false,
  delalloc: true,
  dioreadNolock: true,
  discard: false,
  atime: 'relatime',
  errors: 'remount-ro',
  data: 'ordered',
  dataErr: 'ignore',
  journalChecksum: false,
  noload: false,
  resuid: null,
  resgid: null,
};

const DEFAULT_KERNEL: KernelMountOptions = {
  allowOther: false,
  kernelCache: false,
  suid: false,
  dev: false,
  exec: true,
};

interface Change {
  readonly image?: Partial<ImageMountOptions>;
  readonly kernel?: Partial<KernelMountOptions>;
}

/** Words without a value. */
const WORDS: Readonly<Record<string, Change>> = {
  ro: { image: { readOnly: true } },
  rw: { image: { readOnly: false } },
  buffered_iomap: { image: { bufferedIomap: true } },
  nobuffered_iomap: { image: { bufferedIomap: false } },
  delalloc: { image: { delalloc: true } },
  nodelalloc: { image: { delalloc: false } },
  dioread_nolock: { image: { dioreadNolock: true } },
  dioread_lock: { image: { dioreadNolock: false } },
  discard: { image: { discard: true } },
  nodiscard: { image: { discard: false } },
  relatime: { image: { atime: 'relatime' } },
  noatime: { image: { atime: 'noatime' } },
  strictatime: { image: { atime: 'strictatime' } },
  journal_checksum: { image: { journalChecksum: true } },
  nojournal_checksum: { image: { journalChecksum: false } },
  noload: { image: { noload: true } },
  norecovery: { image: { noload: true } },
  allow_other: { kernel: { allowOther: true } },
  kernel_cache: { kernel: { kernelCache: true } },
  suid: { kernel: { suid: true } },
  nosuid: { kernel: { suid: false } },
  dev: { kernel: { dev: true } },
  nodev: { kernel: { dev: false } },
  exec: { kernel: { exec: true } },
  noexec: { kernel: { exec: false } },
  // What holds anyway.
  default_permissions: {},
  defaults: {},
};

/** Words with a value, and the values that they may have. */
const CHOICES: Readonly<Record<string, Readonly<Record<string, Change>>>> = {
  errors: {
    continue: { image: { errors: 'continue' } },
    'remount-ro': { image: { errors: 'remount-ro' } },
    panic: { image: { errors: 'panic' } },
  },
  data: {
    ordered: { image: { data: 'ordered' } },
    writeback: { image: { data: 'writeback' } },
    journal: { image: { data: 'journal' } },
  },
  data_err: { ignore: { image: { dataErr: 'ignore' } }, abort: { image: { dataErr: 'abort' } } },
};

const ID_MAX = 0xffffffff;

/** Says which word means nothing, and what there is. */
export class MountOptionError extends Error {
  override readonly name = 'MountOptionError';
}

/** Reads what stands behind -o; of two words that contradict each other the later one counts. Throws MountOptionError. */
export function readMountOptions(lists: readonly string[]): MountChoice {
  const words = lists.flatMap((list) => list.split(',')).filter((word) => word !== '');
  return words.map(changeOf).reduce<MountChoice>(
    (choice, change) => ({
      image: { ...choice.image, ...change.image },
      kernel: { ...choice.kernel, ...change.kernel },
    }),
    { image: DEFAULT_IMAGE, kernel: DEFAULT_KERNEL },
  );
}

function changeOf(word: string): Change {
  const [name = '', value] = word.split(/=(.*)/s, 2);
  if (value === undefined) return own(WORDS, name) ?? unknown(word);
  if (name === 'resuid' || name === 'resgid') return { image: { [name]: idOf(word, value) } };
  const choices = own(CHOICES, name) ?? unknown(word);
  const known = Object.keys(choices).join(', ');
  return own(choices, value) ?? fail(`${name} is one of ${known}, not "${value}"`);
}

function idOf(word: string, value: string): number {
  if (!/^\d+$/.test(value) || Number(value) > ID_MAX) fail(`"${word}" wants a number of a user or group`);
  return Number(value);
}

const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

const unknown = (word: string): never =>
  fail(
    `-o ${word} means nothing here; there are ${Object.keys(WORDS).join(', ')}, ` +
      `${Object.keys(CHOICES).join('=, ')}=, resuid= and resgid=`,
  );

function fail(message: string): never {
  throw new MountOptionError(message);
}
