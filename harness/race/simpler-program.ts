import type { Operation } from '../../model/index.ts';
import { simplerSetups } from '../shrink/simpler-setups.ts';
import { programsThatOpenLess } from './fewer-opens.ts';
import type { RaceProgram } from './program.ts';

/** Programs that are simpler in one thing, the boldest first: no task, no operation, no descriptor, smaller numbers, a more usual file system. */
export function* simplerPrograms(program: RaceProgram): Generator<RaceProgram> {
  yield* shorterPrograms(program);
  yield* withSimplerOperations(program);
  for (const setup of simplerSetups(program.setup)) yield { ...program, setup };
}

/** Those that lack a task, an operation, or a descriptor of their own. */
export function* shorterPrograms(program: RaceProgram): Generator<RaceProgram> {
  const { tasks } = program;
  if (tasks.length > 1) {
    for (const index of tasks.keys()) yield { ...program, tasks: without(tasks, index) };
  }
  yield* withoutOperations(program);
  yield* programsThatOpenLess(program);
}

/** Those that lack two operations: where one is good for nothing but the other, neither can go alone. */
export function* programsWithoutTwo(program: RaceProgram): Generator<RaceProgram> {
  for (const fewer of withoutOperations(program)) yield* withoutOperations(fewer);
}

const without = <T>(list: readonly T[], index: number): T[] => list.toSpliced(index, 1);

function* withoutOperations(program: RaceProgram): Generator<RaceProgram> {
  const { image, before, tasks } = program;
  for (const [place, task] of tasks.entries()) {
    for (const index of task.operations.keys()) {
      const fewer = { ...task, operations: without(task.operations, index) };
      yield { ...program, tasks: tasks.with(place, fewer) };
    }
  }
  for (const index of before.keys()) yield { ...program, before: without(before, index) };
  for (const index of image.keys()) yield { ...program, image: without(image, index) };
}

function* withSimplerOperations(program: RaceProgram): Generator<RaceProgram> {
  const { image, before, tasks } = program;
  for (const [place, task] of tasks.entries()) {
    for (const operations of simplerIn(task.operations))
      yield { ...program, tasks: tasks.with(place, { ...task, operations }) };
  }
  for (const operations of simplerIn(before)) yield { ...program, before: operations };
  for (const operations of simplerIn(image)) yield { ...program, image: operations };
}

function* simplerIn(operations: readonly Operation[]): Generator<Operation[]> {
  for (const [index, operation] of operations.entries()) {
    for (const simpler of simplerOperations(operation)) yield operations.with(index, simpler);
  }
}

/** The same with a smaller offset, length or size: 0, half, or rounded down to what is easy to read. */
function* simplerOperations(operation: Operation): Generator<Operation> {
  for (const key of ['offset', 'length', 'size'] as const) {
    const value = (operation as unknown as Record<string, unknown>)[key];
    if (typeof value !== 'number') continue;
    for (const smaller of simplerNumbers(value)) yield { ...operation, [key]: smaller };
  }
  if ('content' in operation) {
    const { content } = operation;
    for (const length of simplerNumbers(content.length)) {
      if (length > 0) yield { ...operation, content: { ...content, length } };
    }
  }
}

const ROUND = [4096, 1024];

function simplerNumbers(value: number): number[] {
  const rounded = ROUND.map((unit) => value - (value % unit));
  return [...new Set([0, Math.floor(value / 2), ...rounded, value - 1])].filter(
    (each) => each >= 0 && each < value && roundness(each) <= roundness(value),
  );
}

/** Smaller for numbers that say more: 0, then multiples of a page, of 1024, and others. */
const roundness = (value: number): number =>
  value === 0 ? 0 : value % 4096 === 0 ? 1 : value % 1024 === 0 ? 2 : 3;
