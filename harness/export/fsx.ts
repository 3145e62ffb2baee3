import type { Path } from '../../model/index.ts';
import type { Form, Obstacle, Written } from './form.ts';
import { fsxLine } from './fsx-operations.ts';
import { headingOf } from './heading.ts';
import type { Reproduction, ReproductionStep } from './reproduction.ts';

/** An ops file for `fsx --replay-ops`: one file, and bytes that fsx chooses. */
export const FSX_OPS: Form = {
  name: 'fsx',
  extension: 'fsxops',
  summary: 'an ops file for fsx --replay-ops of xfstests: one file, bytes of its own',
  usage: (file) => `fsx -l LENGTH --replay-ops ${file} /mnt/file   (the length stands in the file)`,
  write: writeOps,
};

/** fsx's default for -l. */
const USUAL_LENGTH = 262144;

function writeOps(reproduction: Reproduction): Written {
  const { steps } = reproduction;
  const path = steps.map(({ operation }) => operation).find(({ op }) => op === 'open');
  const only = path?.op === 'open' ? path.path : '';
  const obstacles: Obstacle[] = [];
  const lines: string[] = [];
  let longest = USUAL_LENGTH;
  for (const [index, step] of steps.entries()) {
    const why = fileProblem(step, only) ?? opened(step, lines);
    if (why === null) continue;
    if (typeof why === 'string') {
      obstacles.push({ step: index, why });
      continue;
    }
    const made = fsxLine(step, only, reproduction.case.setup.blockSize);
    if ('obstacle' in made) obstacles.push({ step: index, why: made.obstacle });
    if (!('words' in made)) continue;
    longest = Math.max(longest, made.end);
    lines.push(`${made.words} 0x${made.size.toString(16)}${made.keepSize === true ? ' keep_size' : ''}`);
  }
  const head = [...headingOf(reproduction, obstacles), `fsx -l ${longest} --replay-ops THIS /mnt/file`];
  const comment = head.flatMap(folded).map((one) => `# ${one}`.trimEnd());
  return { text: `${[...comment, ...lines].join('\n')}\n`, obstacles };
}

/** fsx reads lines into 256 bytes (read_op), and takes what is behind them for another line. */
const LINE_MAX = 240;

/** A line of a comment as as many as it needs; in bytes, for names may hold anything. */
function folded(line: string): string[] {
  const bytes = Buffer.from(line);
  const parts: string[] = [];
  for (let start = 0; start === 0 || start < bytes.length;) {
    let end = Math.min(bytes.length, start + LINE_MAX);
    // Not within a character, whose later bytes are 10xxxxxx.
    while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
    parts.push(bytes.toString('utf8', start, end));
    start = end;
  }
  return parts;
}

/** Opening and closing is what fsx does by itself; a file that is closed and opened again is a mark on the line before. */
function opened({ operation, expected }: ReproductionStep, lines: string[]): string | null | undefined {
  if (operation.op === 'close') return null;
  if (operation.op !== 'open') return undefined;
  if (expected?.ok !== true) return 'fsx stops at the first call that fails';
  const { append, direct, sync, dsync, tmpfile } = operation.flags;
  if (append ?? direct ?? sync ?? dsync ?? tmpfile) return 'fsx opens its file plainly';
  const last = lines.length - 1;
  const before = lines[last];
  if (before !== undefined && !before.endsWith('close_open')) lines[last] = `${before} close_open`;
  return null;
}

/** Whether an operation concerns another file than the one that was opened first. */
function fileProblem({ operation }: ReproductionStep, only: Path): string | null {
  return operation.op === 'open' && operation.path !== only ? 'fsx has one file' : null;
}
