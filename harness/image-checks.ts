import type { E2fsck, E2fsckReport } from './e2fsck.ts';
import { writeImage, type ImageFiles } from './image-file.ts';
import { judgeImage } from './judges/e2fsck.ts';
import { sameImage } from './same-image.ts';
import type { DiskImage, ImageFormat } from './target.ts';
import { worst, type Verdict } from './verdict.ts';

/** Whose image it is, when it was taken, and what it is. */
export interface ImageOrigin {
  readonly target: string;
  readonly stage: string;
  readonly format?: ImageFormat | undefined;
}

interface Looked {
  readonly image: DiskImage;
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
  readonly #looked: Looked[] = [];
  readonly #verdicts: Promise<Verdict>[] = [];

  /** Without an e2fsck nothing is checked. */
  constructor(e2fsck: E2fsck | null, files: ImageFiles) {
    this.#e2fsck = e2fsck;
    this.#files = files;
  }

  /** Starts e2fsck and does not wait for it. Until the last image of the sequence was given, this one is neither changed nor released. */
  start(image: DiskImage | null, { target, stage, format = 'ext4' }: ImageOrigin): void {
    if (this.#e2fsck === null || image === null) return;
    const judged = image.snapshot();
    const report = this.#known(image, format) ?? this.#look(this.#e2fsck, image, format);
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

  #known(image: DiskImage, format: ImageFormat): Promise<E2fsckReport> | null {
    const same = this.#looked.find((other) => other.format === format && sameImage(other.image, image));
    if (same === undefined) return null;
    this.#e2fsck?.spare();
    return same.report;
  }

  #look(e2fsck: E2fsck, image: DiskImage, format: ImageFormat): Promise<E2fsckReport> {
    const path = this.#files.take();
    writeImage(image, path);
    const report = e2fsck.check(path, format).finally(() => this.#files.release(path));
    this.#looked.push({ image, format, report });
    return report;
  }
}
