import type { E2fsck, E2fsckReport } from './e2fsck.ts';
import type { ImageFiles } from './image-file.ts';
import { judgeImage } from './judges/e2fsck.ts';
import { DistinctImages } from './same-image.ts';
import type { DiskImage, ImageFormat } from './target.ts';
import { worst, type Verdict } from './verdict.ts';

/** Whose image it is, when it was taken, and what it is. */
export interface ImageOrigin {
  readonly target: string;
  readonly stage: string;
  readonly format?: ImageFormat | undefined;
}

interface Looked {
  readonly format: ImageFormat;
  readonly report: Promise<E2fsckReport>;
}

/**
 * The images of one sequence on their way to e2fsck. Two of three times both paths leave the same bytes, and e2fsck, which takes as long as
 * all the rest of a sequence, looks at those once: what it says of one is said of the other.
 */
export class ImageChecks {
  readonly #e2fsck: E2fsck | null;
  readonly #files: ImageFiles;
  readonly #distinct: DistinctImages;
  /** What was said of those that e2fsck looked at. */
  readonly #looked = new Map<DiskImage, Looked>();
  readonly #verdicts: Promise<Verdict>[] = [];

  /** Without an e2fsck nothing is checked. */
  constructor(e2fsck: E2fsck | null, files: ImageFiles, distinct = new DistinctImages()) {
    this.#e2fsck = e2fsck;
    this.#files = files;
    this.#distinct = distinct;
  }

  /** Starts e2fsck and does not wait for it. The image stays as it is as long as DistinctImages asks for that. */
  start(image: DiskImage, { target, stage, format = 'ext4' }: ImageOrigin): void {
    if (this.#e2fsck === null) return;
    const judged = image.snapshot();
    const report = this.#reportOf(image, format, this.#e2fsck);
    const judge = (said: E2fsckReport): Verdict => {
      const verdict = judgeImage(target, stage, said, judged, format);
      if (verdict.kind === 'holds') judged.release?.();
      return verdict;
    };
    this.#verdicts.push(report.then(judge));
  }

  /** What e2fsck says of all of them in the end. */
  async verdict(): Promise<Verdict> {
    return worst(await Promise.all(this.#verdicts));
  }

  #reportOf(image: DiskImage, format: ImageFormat, e2fsck: E2fsck): Promise<E2fsckReport> {
    const first = this.#distinct.firstLike(image);
    const looked = this.#looked.get(first);
    if (looked?.format === format) {
      e2fsck.spare();
      return looked.report;
    }
    const report = this.#files.lend(first, (path) => e2fsck.check(path, format));
    this.#looked.set(first, { format, report });
    return report;
  }
}
