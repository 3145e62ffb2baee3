import type { Handle, Operation } from '../../../model/index.ts';
import type { Obstacle } from '../form.ts';
import type { Reproduction, ReproductionStep } from '../reproduction.ts';
import { ioCommand } from './io-commands.ts';
import { commandLine, dataLine, type Line } from './lines.ts';
import { nameLine, statLine } from './name-lines.ts';
import { OpenFiles } from './open-files.ts';
import { pathWord, quote } from './words.ts';

/** The commands of a case, and what they cannot say. */
export interface ShellBody {
  readonly lines: readonly string[];
  readonly obstacles: readonly Obstacle[];
}

/** Commands that run in one xfs_io, because their file stays open. */
interface Group {
  readonly handle: Handle;
  readonly first: number;
  readonly commands: string[];
}

/** A case as lines of shell; `script.ts` and `fstests.ts` have the functions that they call. */
export function shellBody(reproduction: Reproduction): ShellBody {
  const body = new Body(reproduction.steps.length);
  for (const [index, step] of reproduction.steps.entries()) body.add(step, index);
  body.flush();
  body.lines.push('', '# What is there in the end.');
  for (const [index, step] of reproduction.looks.entries()) {
    body.add(step, reproduction.steps.length + index);
  }
  body.flush();
  return { lines: body.lines, obstacles: body.obstacles };
}

class Body {
  readonly lines: string[] = [];
  readonly obstacles: Obstacle[] = [];
  readonly #files = new OpenFiles();
  readonly #steps: number;
  #group: Group | null = null;

  constructor(steps: number) {
    this.#steps = steps;
  }

  add(step: ReproductionStep, index: number): void {
    const { operation, expected } = step;
    if (leadsUpwards(operation)) return this.#obstacle(index, 'a name there leads above the file system');
    if (operation.op === 'open') return this.#open(operation, step, index);
    if (operation.op === 'close') {
      this.flush();
      return this.#files.close(operation.handle);
    }
    const command = ioCommand(step, this.#files);
    if (command === null) {
      this.flush();
      this.#line(this.#lineOf(step, index + 1), index);
      this.#noteNames(operation, expected?.ok === true);
      return;
    }
    if ('obstacle' in command) return this.#obstacle(index, command.obstacle);
    this.#command(command.handle, command.command, step, index);
    if (operation.op === 'mmap') this.#files.map(operation);
  }

  /** What is to be called up to here is called. */
  flush(): void {
    if (this.#group === null) return;
    const { handle, first, commands } = this.#group;
    this.#group = null;
    this.#files.unmapAll();
    this.lines.push(`does ${first} ${this.#xfsIo(handle, commands)}`);
  }

  #open(operation: Extract<Operation, { op: 'open' }>, { expected }: ReproductionStep, index: number): void {
    this.flush();
    const why = OpenFiles.whyNot(operation, expected);
    if (why !== null) return this.#obstacle(index, why);
    const { path, access, flags, mode } = operation;
    const words = [
      'xfs_io',
      ...(flags.create === true ? ['-f', '-m', `0${mode.toString(8)}`] : []),
      ...(flags.truncate === true ? ['-t'] : []),
      ...(access === 'read' ? ['-r'] : []),
      ...['-c', 'close', pathWord(path)],
    ];
    this.#line(commandLine(index + 1, expected, words), index);
    if (expected?.ok === true) this.#files.open(operation);
  }

  /** Commands that must succeed go together; each other one goes alone, so that its answer is its own. */
  #command(handle: Handle, command: string, { expected }: ReproductionStep, index: number): void {
    const name = this.#files.of(handle);
    if (name === undefined)
      return this.#obstacle(index, `${handle} is not open, and xfs_io opens only names`);
    if (name.lost !== null) return this.#obstacle(index, name.lost);
    if (expected?.ok === false && expected.errno === 'EBADF')
      return this.#obstacle(index, 'xfs_io opens for reading and writing');
    if (this.#group?.handle !== handle) this.flush();
    if (expected?.ok === true) {
      this.#group ??= { handle, first: index + 1, commands: [] };
      this.#group.commands.push(command);
      return;
    }
    this.flush();
    this.#line(commandLine(index + 1, expected, [this.#xfsIo(handle, [command])]), index);
  }

  #xfsIo(handle: Handle, commands: readonly string[]): string {
    const { path, words } = this.#files.of(handle) ?? { path: '', words: [] };
    return ['xfs_io', ...words, ...commands.flatMap((one) => ['-c', quote(one)]), pathWord(path)].join(' ');
  }

  #lineOf({ operation, expected, before, idle }: ReproductionStep, step: number): Line {
    if (idle) return { obstacle: 'mv(1) removes one of two names of a file, where rename(2) does nothing' };
    const named = nameLine(operation, step, expected);
    if (named !== null) return named;
    const does = (...words: readonly string[]): Line => commandLine(step, expected, words);
    switch (operation.op) {
      case 'read':
      case 'pread':
        return this.#readLine(
          operation,
          operation.op === 'pread' ? operation.offset : (before?.position ?? null),
          step,
          expected,
        );
      case 'fstat': {
        const name = this.#files.of(operation.handle);
        if (name === undefined || name.lost !== null) return { obstacle: 'stat(1) needs a name' };
        return statLine(name.path, true, step, expected);
      }
      case 'seek':
        return { text: `# step ${step}: seek; positions are written out` };
      case 'sync':
        return does('sync');
      case 'setcreds':
        return { text: callerLine(operation) };
      case 'statfs':
        return does('stat', '-f', '.');
      case 'drop-caches':
        return does('drop_caches', { pages: '1', inodes: '2', all: '3' }[operation.what ?? 'all']);
      case 'reclaim':
      case 'writeback':
        return this.#rangeLine(operation, does);
      case 'fiemap':
        return does(
          'xfs_io',
          '-r',
          '-c',
          quote(`fiemap ${operation.offset} ${operation.length}`),
          pathWord(operation.path),
        );
      case 'trim':
        return does(
          'fstrim',
          '-o',
          String(operation.start),
          '-l',
          String(operation.length),
          '-m',
          String(operation.minimum),
          '.',
        );
      case 'set-project':
        return does('xfs_io', '-r', '-c', quote(`chproj ${operation.project}`), pathWord(operation.path));
      case 'remount':
        // A subshell, in which the others run, would leave this one where it stands, and the mount busy.
        return { text: `remount || wrong ${step} remount` };
      case 'reconfigure':
        return { obstacle: 'a change of mount options is left to a person' };
      default:
        return { obstacle: `neither coreutils nor xfs_io have a word for ${operation.op}` };
    }
  }

  #readLine(
    { handle, length }: { readonly handle: Handle; readonly length: number },
    offset: number | null,
    step: number,
    expected: ReproductionStep['expected'],
  ): Line {
    const name = this.#files.of(handle);
    if (name === undefined) return { obstacle: `${handle} is not open, and xfs_io opens only names` };
    if (name.lost !== null) return { obstacle: name.lost };
    if (expected?.ok === true && expected.value.kind === 'runs' && offset !== null)
      return dataLine(step, name.path, offset, length, expected.value.runs);
    const words = [
      'xfs_io',
      ...name.words,
      '-c',
      quote(`pread -q ${offset ?? 0} ${length}`),
      pathWord(name.path),
    ];
    return (offset ?? 0) < 0
      ? { obstacle: 'xfs_io takes no negative numbers' }
      : commandLine(step, expected, words);
  }

  #rangeLine(
    { op, path, offset, length }: Extract<Operation, { op: 'reclaim' | 'writeback' }>,
    does: (...words: readonly string[]) => Line,
  ): Line {
    if (offset < 0 || length < 0) return { obstacle: 'xfs_io takes no negative numbers' };
    const command = op === 'reclaim' ? `fadvise -d ${offset} ${length}` : `sync_range -w ${offset} ${length}`;
    return does('xfs_io', '-r', '-c', quote(command), pathWord(path));
  }

  /** Names that are taken away, given to something else or changed, if the operation succeeded. */
  #noteNames(operation: Operation, succeeded: boolean): void {
    if (!succeeded) return;
    if (operation.op === 'unlink')
      this.#files.forget(operation.path, `${operation.path} was unlinked while open`);
    if (operation.op === 'rename') this.#noteRename(operation);
    if (operation.op === 'remount') this.#files.clear();
  }

  #noteRename({ from, to }: Extract<Operation, { op: 'rename' }>): void {
    this.#files.forget(to, `${to} was replaced while open`);
    this.#files.rename(from, to);
  }

  #line(line: Line, index: number): void {
    if ('obstacle' in line) this.#obstacle(index, line.obstacle);
    else this.lines.push(line.text);
  }

  /** Of the looks at the end, only what is missing of the case is an obstacle. */
  #obstacle(index: number, why: string): void {
    if (index < this.#steps) this.obstacles.push({ step: index, why });
    this.lines.push(`# step ${index + 1} is not here: ${why}`);
  }
}

const callerLine = ({ uid, gid, groups }: Extract<Operation, { op: 'setcreds' }>): string =>
  uid === 0
    ? 'caller='
    : `caller="setpriv --reuid=${uid} --regid=${gid} ${groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`}"`;

/** In the model, nothing is above the top directory. A link that leads upwards might, wherever it is followed. */
function leadsUpwards(operation: Operation): boolean {
  if (operation.op === 'symlink' && operation.target.split('/').includes('..')) return true;
  const paths = ['path', 'from', 'to'] as const;
  return paths.some((key) => {
    const path = (operation as Partial<Record<typeof key, unknown>>)[key];
    return typeof path === 'string' && depthOf(path) < 0;
  });
}

/** How deep a path leads at its highest point; below 0 it leaves the directory in which it begins. */
function depthOf(path: string): number {
  let [depth, lowest] = [0, 0];
  for (const name of path.split('/')) {
    if (name === '..') depth--;
    else if (name !== '' && name !== '.') depth++;
    lowest = Math.min(lowest, depth);
  }
  return lowest;
}
