import type { E2fsckReport } from '../e2fsck.ts';
import type { DiskImage, ImageFormat } from '../target.ts';
import { fails, HOLDS, unknown, type Verdict } from '../verdict.ts';
import { withoutNumbers } from './crash-of-target.ts';

/** What e2fsck says of a sound image: who it is, its five passes, and how full the image is. */
const HARMLESS = [
  /^e2fsck \d/,
  /^Pass [1-5][A-D]?: /,
  /: \d+\/\d+ files \(\d+(\.\d+)?% non-contiguous\), \d+\/\d+ blocks$/,
  /^\s*$/,
];

/** Exit status bits of e2fsck(8). */
const UNCORRECTED = 4;
const OPERATIONAL = 8;

/** Words of the system when e2fsck could not even read the image. */
const OBSTACLE =
  /No such file or directory|Permission denied|Cannot allocate memory|Input\/output error|Too many open files/;

/** Lines of its output that say that something is wrong. */
export function complaintsOf(output: string): string[] {
  return output.split('\n').filter((line) => !HARMLESS.some((pattern) => pattern.test(line)));
}

/** e2fsck -fn must accept the image without a word. A program that was killed or could not work proves nothing. */
export function judgeImage(
  target: string,
  stage: string,
  report: E2fsckReport,
  image: DiskImage,
  format: ImageFormat = 'ext4',
): Verdict {
  const { status, output } = report;
  if (status === null) return unknown('e2fsck was killed before it had finished');
  if (format !== 'ext4') return judgeOther(target, stage, report, image, format);
  const complaints = complaintsOf(output);
  if (status === 0 && complaints.length === 0) return HOLDS;
  const found =
    (status & ~(UNCORRECTED | OPERATIONAL | 3)) === 0 && complaints.length > 0 && !OBSTACLE.test(output);
  if (!found) return unknown(`e2fsck could not do its work: status ${status}, ${lastLine(output)}`);
  // Images lie in temporary files, whose names mean nothing.
  const first = (complaints[0] ?? '').replace(/^\/\S+: /, '');
  return fails(
    { kind: 'e2fsck', target, step: null, operation: null, detail: withoutNumbers(first) },
    {
      summary: `e2fsck -fn complains about the image of ${target} ${stage}: ${first}`,
      expected: 'e2fsck -fn exits with 0 and complains about nothing',
      observed: complaints.join('\n'),
      details: output,
      image,
    },
  );
}

/** Who checks images that are not ext4's. Both end with 1 when they have found damage, and talk of it in their last lines. */
const CHECKERS = { xfs: 'xfs_repair -n', btrfs: 'btrfs check' } as const;

function judgeOther(
  target: string,
  stage: string,
  { status, output }: E2fsckReport,
  image: DiskImage,
  format: keyof typeof CHECKERS,
): Verdict {
  const program = CHECKERS[format];
  if (status === 0) return HOLDS;
  if (status !== 1) return unknown(`${program} could not do its work: status ${status}, ${lastLine(output)}`);
  return fails(
    { kind: 'e2fsck', target, step: null, operation: null, detail: `${program} finds damage` },
    {
      summary: `${program} finds damage in the image of ${target} ${stage}`,
      expected: `${program} exits with 0`,
      observed: lastLine(output),
      details: output,
      image,
    },
  );
}

const lastLine = (output: string): string => output.trim().split('\n').at(-1) ?? '';
