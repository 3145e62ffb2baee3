import { commandsAfterMke2fs, mke2fsArguments } from '../format.ts';
import { operationText, setupText } from '../program-text.ts';
import type { Setup } from '../setup.ts';
import { FILE_SYSTEMS } from '../targets/kernel/file-systems.ts';
import type { Obstacle } from './form.ts';
import type { Reproduction } from './reproduction.ts';

/** What a reader must know first, as lines of a comment: what fails where, and what the file system is. */
export function headingOf({ case: saved }: Reproduction, obstacles: readonly Obstacle[] = []): string[] {
  const { failure, setup, targets, origin } = saved;
  const where =
    failure === null
      ? 'A case of twinpath.'
      : `A case of twinpath: ${failure.target} fails with ${failure.kind}${placeOf(failure.step, saved.operations)}: ${failure.detail}`;
  return [
    ...where.split('\n'),
    `File system: ${setupText(setup)}.`,
    ...(targets.length === 0 ? [] : [`It was found on ${targets.join(', ')}.`]),
    ...(origin.note === undefined ? [] : origin.note.split('\n')),
    ...obstacles.map(({ step, why }) => {
      const operation = step === null ? undefined : saved.operations[step];
      const what = operation === undefined ? '' : `${(step ?? 0) + 1}  ${operationText(operation)}: `;
      return `NOT HERE: ${what}${why}`;
    }),
  ];
}

function placeOf(step: number | null, operations: Reproduction['case']['operations']): string {
  const operation = step === null ? undefined : operations[step];
  return operation === undefined ? '' : ` in step ${(step ?? 0) + 1}, ${operation.op}`;
}

/** The commands, in one line of a shell, that make the file system in a file or on a device of the right size. */
export function mke2fsCommand({ format = {}, blockSize, inodes, sizeBytes }: Setup, where: string): string {
  const count = inodes === undefined ? [] : ['-N', String(inodes)];
  const words = [...mke2fsArguments(format, blockSize, []), ...count];
  const made = ['mke2fs', '-q', '-F', ...words, where, String(Math.floor(sizeBytes / blockSize))];
  const after = commandsAfterMke2fs(format).map((command) => [...command.map(quoted), where]);
  return [made, ...after].map((command) => command.join(' ')).join(' && ');
}

const quoted = (word: string): string => (word.includes(' ') ? `'${word}'` : word);

/** The words behind `mount -o`. */
export const mountOptions = (setup: Setup): string =>
  (FILE_SYSTEMS['ext4']?.mountWords(setup) ?? []).join(',');
