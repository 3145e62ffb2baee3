import { PAGE_BYTES, type Operation } from '../../model/index.ts';
import { modelAtMount } from './explain.ts';
import { TIME_BEFORE, type RaceProgram } from './program.ts';

/**
 * Whether anything is promised of what a program does (rules 9 and 14 of atomicity.ts): no two tasks write the same bytes directly, and
 * where stores are raced, the file never ends in its first page, in which they are. Those that are drawn keep to it, but not all that is
 * simpler than they are.
 */
export function isPromised(program: RaceProgram): boolean {
  if (overwritesDirectly(program)) return false;
  const raced = program.tasks.flatMap(({ operations }) => operations);
  if (!raced.some(({ op }) => op === 'store')) return true;
  return !raced.some(mayEndInFirstPage) && !beginsInFirstPage(program);
}

function mayEndInFirstPage(operation: Operation): boolean {
  if (operation.op === 'ftruncate' || operation.op === 'truncate') return operation.size < PAGE_BYTES;
  return operation.op === 'fallocate' && operation.mode === 'collapse';
}

/** The same operation, but that the file never gets shorter than a page (rule 14 of atomicity.ts). */
export function keepingFirstPage(operation: Operation): Operation {
  if (operation.op === 'ftruncate') return { ...operation, size: Math.max(operation.size, PAGE_BYTES) };
  const collapses = operation.op === 'fallocate' && operation.mode === 'collapse';
  return collapses ? { ...operation, mode: 'punch' } : operation;
}

/** Whether a mapped file is shorter than a page when the race begins. */
function beginsInFirstPage(program: RaceProgram): boolean {
  const model = modelAtMount(program);
  for (const operation of program.before) model.step(operation, TIME_BEFORE);
  return program.before
    .flatMap((operation) => (operation.op === 'mmap' ? [operation.handle] : []))
    .some((handle) => {
      const stat = model.step({ op: 'fstat', handle }, TIME_BEFORE);
      return !stat.ok || stat.value.kind !== 'stat' || stat.value.stat.size < PAGE_BYTES;
    });
}

/** Whether two tasks write some byte past the cache, of files that were opened by one name. */
function overwritesDirectly({ before, tasks }: RaceProgram): boolean {
  const paths = new Map(
    before.flatMap((operation) =>
      operation.op === 'open' && operation.flags.direct === true
        ? [[operation.as, operation.path] as const]
        : [],
    ),
  );
  const writes = tasks.flatMap(({ operations }, task) =>
    operations.flatMap((operation) => {
      const path = operation.op === 'pwrite' ? paths.get(operation.handle) : undefined;
      if (operation.op !== 'pwrite' || path === undefined) return [];
      return [{ task, path, start: operation.offset, end: operation.offset + operation.content.length }];
    }),
  );
  return writes.some((one) =>
    writes.some(
      (other) =>
        one.task < other.task && one.path === other.path && one.start < other.end && other.start < one.end,
    ),
  );
}
