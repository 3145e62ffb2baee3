import type { FallocateMode, MappingName } from '../../model/index.ts';
import { ImportError, ProgramBuilder, type Imported } from './program.ts';

interface Command {
  readonly line: number;
  readonly name: string;
  /** Options by letter, with their values where they have any. */
  readonly options: ReadonlyMap<string, string>;
  readonly words: readonly string[];
}

/** Letters of options that are followed by a value, by command. */
const VALUED: Readonly<Record<string, string>> = {
  pwrite: 'SbsiVZ',
  pread: 'bVZi',
  mwrite: 'S',
  mmap: 's',
  copy_range: 'sdlf',
};

const FALLOCATE: Readonly<Record<string, { plain: FallocateMode; keep: FallocateMode }>> = {
  falloc: { plain: 'allocate', keep: 'keep-size' },
  fpunch: { plain: 'punch', keep: 'punch' },
  fzero: { plain: 'zero', keep: 'zero-keep-size' },
  fcollapse: { plain: 'collapse', keep: 'collapse' },
  finsert: { plain: 'insert', keep: 'insert' },
};

/** A list of commands, one a line, or command lines `xfs_io … -c COMMAND … FILE`; all of them on one file. Throws ImportError. */
export function xfsIoProgram(text: string): Imported {
  const commands = text.split('\n').flatMap((line, index) => commandsOf(line, index + 1));
  const player = new XfsIoPlayer();
  for (const command of commands) player.play(command);
  return player.builder.imported;
}

function commandsOf(text: string, line: number): Command[] {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.startsWith('#')) return [];
  if (!/\bxfs_io\b|\$XFS_IO_PROG/.test(trimmed)) return [commandOf(trimmed, line)];
  const quotedCommands = [...trimmed.matchAll(/-c\s+(?:"([^"]*)"|'([^']*)'|(\S+))/g)];
  return quotedCommands.map(([, double, single, bare]) => commandOf(double ?? single ?? bare ?? '', line));
}

function commandOf(text: string, line: number): Command {
  const [name = '', ...rest] = text.split(/\s+/).filter((word) => word !== '');
  const options = new Map<string, string>();
  const words: string[] = [];
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index] ?? '';
    if (!/^-[A-Za-z]/.test(word)) {
      words.push(word);
      continue;
    }
    for (const letter of word.slice(1)) {
      const valued = VALUED[name]?.includes(letter) === true;
      options.set(letter, valued ? (rest[++index] ?? '') : '');
    }
  }
  return { line, name, options, words };
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 4096,
  s: 512,
  k: 1024,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};

/** cvtnum of xfsprogs: a number in any base of C and a unit. */
function numberOf(word: string | undefined, line: number): number {
  const [, digits = '', unit = ''] = /^(0x[0-9a-f]+|\d+)([bskmgt]?)$/i.exec(word ?? '') ?? [];
  const value = Number(digits) * (UNITS[unit.toLowerCase()] ?? NaN);
  if (digits !== '' && Number.isSafeInteger(value)) return value;
  throw new ImportError(
    `line ${line}: found ${word === undefined ? 'nothing' : JSON.stringify(word)}, expected a number of bytes`,
  );
}

class XfsIoPlayer {
  readonly builder = new ProgramBuilder();
  #mapping: { readonly name: MappingName; readonly offset: number; readonly length: number } | null = null;

  constructor() {
    this.builder.open(true);
  }

  play(command: Command): void {
    const { name } = command;
    if (Object.hasOwn(FALLOCATE, name)) return this.#fallocate(command);
    switch (name) {
      case 'pwrite':
      case 'w':
        return this.#write(command);
      case 'pread':
      case 'r':
        return this.builder.add({ op: 'pread', handle: this.builder.handle, ...this.#range(command) });
      case 'truncate':
      case 'ftruncate':
        return this.builder.add({
          op: 'ftruncate',
          handle: this.builder.handle,
          size: numberOf(command.words[0], command.line),
        });
      case 'fsync':
      case 'fdatasync':
      case 'syncfs':
        return this.builder.add({ op: name, handle: this.builder.handle });
      case 'sync':
        return this.builder.add({ op: 'sync' });
      case 'close':
      case 'open':
        // A list has one file: closing it is followed by opening it again.
        return name === 'close' ? this.builder.closeAndOpen() : undefined;
      case 'quit':
      case 'q':
        return;
      case 'copy_range':
        return this.#copy(command);
      default:
        return this.#playMapping(command);
    }
  }

  #playMapping(command: Command): void {
    switch (command.name) {
      case 'mmap': {
        const { offset, length } = this.#range(command);
        this.#mapping = { name: this.builder.map(offset, length), offset, length };
        return;
      }
      case 'mread':
        return this.#mapped(command, ({ mapping, offset, length }) =>
          this.builder.add({ op: 'load', mapping, offset, length }),
        );
      case 'mwrite':
        return this.#mapped(command, ({ mapping, offset, length }) =>
          this.builder.add({ op: 'store', mapping, offset, content: this.builder.content(length) }),
        );
      case 'msync':
        return this.#mapped(command, (range) =>
          this.builder.add({ op: 'msync', ...range, mode: command.options.has('a') ? 'async' : 'sync' }),
        );
      case 'munmap':
        return this.#mapped(command, ({ mapping }) => this.builder.add({ op: 'munmap', mapping }));
      default:
        return this.builder.cannot(command.line, `twinpath has nothing for ${command.name}`);
    }
  }

  #range({ words, line }: Command): { offset: number; length: number } {
    return { offset: numberOf(words[0], line), length: numberOf(words[1], line) };
  }

  /** In calls of one block each where `-b` says so; else in one, of which xfs_io makes calls of 4096 bytes: the bytes are the same. */
  #write(command: Command): void {
    const { offset, length } = this.#range(command);
    const { options, line } = command;
    const strange = ['i', 'V', 'B', 'R'].find((letter) => options.has(letter));
    if (strange !== undefined)
      return this.builder.cannot(line, `twinpath has nothing for pwrite -${strange}`);
    const rwf = [
      ...(options.has('D') ? (['dsync'] as const) : []),
      ...(options.has('N') ? (['nowait'] as const) : []),
    ];
    const content = this.builder.content(length);
    const { handle } = this.builder;
    this.builder.add({ op: 'pwrite', handle, offset, content, ...(rwf.length > 0 && { rwf }) });
    if (options.has('w')) this.builder.add({ op: 'fdatasync', handle });
    if (options.has('W')) this.builder.add({ op: 'fsync', handle });
  }

  #fallocate(command: Command): void {
    const modes = FALLOCATE[command.name];
    if (modes === undefined) return;
    const mode = command.options.has('k') ? modes.keep : modes.plain;
    this.builder.add({ op: 'fallocate', handle: this.builder.handle, mode, ...this.#range(command) });
  }

  #copy({ options, line }: Command): void {
    if (options.has('f')) return this.builder.cannot(line, 'a copy from another descriptor');
    const { handle } = this.builder;
    const number = (letter: string): number => numberOf(options.get(letter), line);
    this.builder.add({
      op: 'copy-file-range',
      from: handle,
      to: handle,
      fromOffset: number('s'),
      toOffset: number('d'),
      length: number('l'),
    });
  }

  /** Offsets of these commands count from the beginning of the file; without any, the whole mapping is meant. */
  #mapped(
    command: Command,
    use: (range: { mapping: MappingName; offset: number; length: number }) => void,
  ): void {
    const mapping = this.#mapping;
    if (mapping === null) return this.builder.cannot(command.line, `${command.name} without a mapping`);
    if (command.words.length === 0) return use({ mapping: mapping.name, offset: 0, length: mapping.length });
    const { offset, length } = this.#range(command);
    if (offset < mapping.offset || offset + length > mapping.offset + mapping.length)
      return this.builder.cannot(command.line, `${command.name} outside of the mapping`);
    use({ mapping: mapping.name, offset: offset - mapping.offset, length });
  }
}
