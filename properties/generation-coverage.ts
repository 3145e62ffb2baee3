import {
  maxFileBytesOf,
  Model,
  type HandleView,
  type NodeView,
  type Operation,
  type Outcome,
} from '../model/index.ts';
import { modelOptions, timeOfStep, type Setup } from '../harness/setup.ts';

/** What sequences do, counted: what the model predicts for each operation, and which boundaries offsets meet. */
export interface Coverage {
  operations: number;
  /** Bytes that reads and writes ask for. */
  bytes: number;
  /** Operation, then `ok` or an errno. */
  readonly outcomes: Map<string, Map<string, number>>;
  readonly boundaries: Map<BoundaryName, number>;
  readonly shapes: Map<ShapeName, number>;
}

export const BOUNDARIES = [
  'start of file',
  'end of file',
  'end of file - 1',
  'end of file + 1',
  'near end of file',
  'run boundary',
  'run boundary - 1',
  'run boundary + 1',
  'end of an earlier operation',
  'whole block',
  'whole block - 1',
  'whole block + 1',
  '4096',
  '16 KiB folio - 1',
  '16 KiB folio',
  '16 KiB folio + 1',
  '2 MiB folio',
  '2^31',
  '2^32 - 1',
  '2^32',
  '2^32 + 1',
  'block 2^31',
  'maximum size - 1',
  'maximum size',
  'maximum size + 1',
  'beyond the maximum',
  'within the last block',
  'negative',
  'length 0',
  'length 1',
  'length below 64',
  'length below a block',
  'length of a block',
  'length of several blocks',
  'length above 64 KiB',
] as const;

export type BoundaryName = (typeof BOUNDARIES)[number];

export const SHAPES = [
  'read across the end of file',
  'read beyond the end of file',
  'read of what was written last',
  'write over data',
  'write into a hole',
  'write that leaves a hole',
  'append',
  'cut into a block',
  'growth after a cut into a block',
  'unlink of an open file',
  'rename over a file',
  'rename over a directory',
  'hard link',
  'symbolic link to a directory',
  'path through a symbolic link',
  'name of 255 bytes',
  'directory of 20 names',
  'depth of 4',
  'file of 10 runs',
  'remount with open files',
] as const;

export type ShapeName = (typeof SHAPES)[number];

export function coverageOf(setup: Setup, sequences: Iterable<readonly Operation[]>): Coverage {
  const coverage: Coverage = {
    operations: 0,
    bytes: 0,
    outcomes: new Map(),
    boundaries: new Map(BOUNDARIES.map((name) => [name, 0])),
    shapes: new Map(SHAPES.map((name) => [name, 0])),
  };
  for (const sequence of sequences) new Observer(coverage, setup).run(sequence);
  return coverage;
}

/** A table with a line for each operation and a column for each answer; a dot is what never came. */
export function outcomeTable({ outcomes }: Coverage): string {
  const answers = [...new Set([...outcomes.values()].flatMap((row) => [...row.keys()]))].sort();
  const line = (name: string, cells: readonly string[]): string =>
    name.padEnd(12) + cells.map((cell) => cell.padStart(9)).join('');
  const rows = [...outcomes].sort(([left], [right]) => (left < right ? -1 : 1));
  return [
    line(
      '',
      answers.map((answer) => answer.slice(0, 8)),
    ),
    ...rows.map(([name, row]) =>
      line(
        name,
        answers.map((answer) => String(row.get(answer) ?? '.')),
      ),
    ),
  ].join('\n');
}

/** The counts of named things, one a line. */
export const countTable = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, count]) => `${name.padEnd(34)}${String(count).padStart(8)}`).join('\n');

class Observer {
  readonly #coverage: Coverage;
  readonly #model: Model;
  readonly #block: number;
  readonly #maximum: number;
  readonly #ends = new Set<number>();
  readonly #cut = new Set<string>();
  #lastWrite = { handle: '', offset: -1 };

  constructor(coverage: Coverage, setup: Setup) {
    const options = modelOptions(setup);
    this.#coverage = coverage;
    this.#model = new Model(options);
    this.#block = setup.blockSize;
    this.#maximum = maxFileBytesOf(options);
  }

  run(sequence: readonly Operation[]): void {
    for (const [step, operation] of sequence.entries()) {
      this.#coverage.operations++;
      this.#observeBytes(operation);
      this.#observeNames(operation);
      const before = 'from' in operation ? this.#typeAt(operation.to) : null;
      const outcome = this.#model.step(operation, timeOfStep(step));
      this.#observeOutcome(operation, outcome, before);
    }
    this.#observeEnd();
  }

  #observeOutcome(operation: Operation, outcome: Outcome, before: string | null): void {
    const answer = outcome.ok ? 'ok' : outcome.errno;
    let row = this.#coverage.outcomes.get(operation.op);
    if (row === undefined) {
      row = new Map<string, number>();
      this.#coverage.outcomes.set(operation.op, row);
    }
    row.set(answer, (row.get(answer) ?? 0) + 1);
    if (!outcome.ok) return;
    if (operation.op === 'rename' && before !== null) {
      this.#shape('rename over a file', before === 'file');
      this.#shape('rename over a directory', before === 'directory');
    }
    this.#shape('hard link', operation.op === 'link');
  }

  /** What a plain path names, by looking through the lists: slow, and independent of the model's own walk. */
  #typeAt(path: string): string | null {
    const { files, directories, symlinks } = this.#model;
    for (const list of [files, directories, symlinks]) {
      for (let index = 0; index < list.length; index++) {
        if (list.at(index)?.path === path) return list.at(index)?.type ?? null;
      }
    }
    return null;
  }

  #observeBytes(operation: Operation): void {
    switch (operation.op) {
      case 'pread':
      case 'read':
      case 'pwrite':
      case 'write':
        this.#observeTransfer(operation);
        break;
      case 'ftruncate': {
        const file = this.#model.handles.get(operation.handle);
        if (file !== undefined) this.#observeResize(file, operation.handle, operation.size);
        break;
      }
      case 'truncate':
        if (operation.size < 0) this.#boundary('negative', true);
        break;
      default:
    }
  }

  #observeTransfer(operation: Extract<Operation, { op: 'read' | 'write' | 'pread' | 'pwrite' }>): void {
    const file = this.#model.handles.get(operation.handle);
    const length = 'content' in operation ? operation.content.length : operation.length;
    this.#coverage.bytes += length;
    this.#observeLength(length);
    if (file?.type !== 'file') return;
    const offset = 'offset' in operation ? operation.offset : file.position;
    this.#observeOffset(file, offset);
    if ('content' in operation) this.#observeWrite(file, offset, length);
    else this.#observeRead(file, offset, length);
    this.#ends.add(offset + length);
  }

  #observeLength(length: number): void {
    const block = this.#block;
    this.#boundary('length 0', length === 0);
    this.#boundary('length 1', length === 1);
    this.#boundary('length below 64', length > 1 && length < 64);
    this.#boundary('length below a block', length >= 64 && length < block);
    this.#boundary('length of a block', length === block);
    this.#boundary('length of several blocks', length > block && length <= 1 << 16);
    this.#boundary('length above 64 KiB', length > 1 << 16);
  }

  #observeOffset(file: HandleView, offset: number): void {
    const block = this.#block;
    const { size } = file;
    this.#boundary('start of file', offset === 0);
    this.#boundary('negative', offset < 0);
    if (size > 0) {
      this.#around('end of file', offset - size);
      this.#boundary('near end of file', offset !== size && Math.abs(offset - size) <= 16);
      this.#boundary('within the last block', offset < size && offset > size - (size % block));
    }
    const runs = Array.from({ length: Math.max(0, file.boundaryCount - 2) }, (_, index) =>
      file.boundaryAt(index),
    );
    for (const run of new Set(runs)) if (run > 0) this.#around('run boundary', offset - run);
    this.#boundary('end of an earlier operation', this.#ends.has(offset));
    if (offset <= 1) return;
    this.#aroundMultiple('whole block', offset, block);
    this.#boundary('4096', offset % 4096 === 0);
    this.#aroundMultiple('16 KiB folio', offset, 1 << 14);
    this.#boundary('2 MiB folio', offset % (2 << 20) === 0);
    this.#boundary('2^31', Math.abs(offset - 2 ** 31) <= 1);
    this.#around('2^32', offset - 2 ** 32);
    this.#boundary('block 2^31', Math.abs(offset - 2 ** 31 * block) <= 1);
    this.#around('maximum size', offset - this.#maximum);
    this.#boundary('beyond the maximum', offset > this.#maximum);
  }

  #around(name: 'end of file' | 'run boundary' | 'maximum size' | '2^32', distance: number): void {
    this.#boundary(name, distance === 0);
    this.#boundary(`${name} - 1`, distance === -1);
    this.#boundary(`${name} + 1`, distance === 1);
  }

  #aroundMultiple(name: 'whole block' | '16 KiB folio', offset: number, unit: number): void {
    this.#boundary(name, offset % unit === 0);
    this.#boundary(`${name} - 1`, offset % unit === unit - 1);
    this.#boundary(`${name} + 1`, offset % unit === 1);
  }

  #observeRead(file: HandleView, offset: number, length: number): void {
    if (file.access === 'write') return;
    this.#shape('read across the end of file', offset < file.size && offset + length > file.size);
    this.#shape('read beyond the end of file', offset > file.size);
    const { handle, offset: written } = this.#lastWrite;
    this.#shape(
      'read of what was written last',
      file.handle === handle && offset <= written && offset + length > written,
    );
  }

  #observeWrite(file: HandleView, offset: number, length: number): void {
    if (file.access === 'read' || length === 0) return;
    const first =
      file.boundaryCount > 2 && file.boundaryAt(0) < offset + length && file.boundaryAt(1) > offset;
    this.#shape('write over data', first);
    this.#shape('append', file.size > 0 && offset === file.size);
    this.#shape('write that leaves a hole', offset > file.size);
    this.#shape('write into a hole', offset + length < file.size && !first && file.boundaryCount === 4);
    if (this.#cut.has(file.handle))
      this.#shape('growth after a cut into a block', offset + length > file.size);
    this.#lastWrite = { handle: file.handle, offset };
  }

  #observeResize(file: HandleView, handle: string, size: number): void {
    if (file.access === 'read' || file.type !== 'file') return;
    if (size < 0) this.#boundary('negative', true);
    const cut = size < file.size && size % this.#block !== 0;
    this.#shape('cut into a block', cut);
    if (cut) this.#cut.add(handle);
    else this.#shape('growth after a cut into a block', this.#cut.has(handle) && size > file.size);
  }

  #observeNames(operation: Operation): void {
    const open = [...this.#model.handles.values()];
    if (operation.op === 'unlink') {
      this.#shape(
        'unlink of an open file',
        open.some((file) => file.openedAs === operation.path && file.links > 0),
      );
    }
    this.#shape('remount with open files', operation.op === 'remount' && open.length > 0);
    if (!('path' in operation)) return;
    this.#shape(
      'name of 255 bytes',
      operation.path.split('/').some((name) => Buffer.byteLength(name) === 255),
    );
    const { symlinks } = this.#model;
    for (let index = 0; index < symlinks.length; index++) {
      const through = `${symlinks.at(index)?.path ?? ''}/`;
      if (operation.path.startsWith(through)) this.#shape('path through a symbolic link', true);
    }
  }

  #observeEnd(): void {
    const { directories, symlinks, files } = this.#model;
    const nodes = (list: typeof files): NodeView[] =>
      Array.from({ length: list.length }, (_, index) => list.at(index)).filter((node) => node !== undefined);
    const paths = new Set(nodes(directories).map(({ path }) => path));
    this.#shape(
      'directory of 20 names',
      nodes(directories).some(({ childCount }) => childCount >= 20),
    );
    this.#shape(
      'depth of 4',
      [...paths].some((path) => path.split('/').length >= 4),
    );
    this.#shape(
      'symbolic link to a directory',
      nodes(symlinks).some(({ target }) => paths.has(target)),
    );
    this.#shape(
      'file of 10 runs',
      nodes(files).some(({ boundaryCount }) => boundaryCount >= 22),
    );
  }

  #boundary(name: BoundaryName, met: boolean): void {
    if (met) this.#coverage.boundaries.set(name, (this.#coverage.boundaries.get(name) ?? 0) + 1);
  }

  #shape(name: ShapeName, met: boolean): void {
    if (met) this.#coverage.shapes.set(name, (this.#coverage.shapes.get(name) ?? 0) + 1);
  }
}
