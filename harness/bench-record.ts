import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

export const BENCH_FORMAT = 'twinpath-bench';
export const BENCH_VERSION = 1;

/** The name of the file in the folder of a run: one measurement a line. */
export const BENCH_FILE = 'bench.jsonl';

const measurementSchema = z.object({
  format: z.literal(BENCH_FORMAT),
  version: z.literal(BENCH_VERSION),
  /** What belongs on one page: `paths`, `metadata`, `growth`, `harness`, `peers`. */
  suite: z.string(),
  /** What is done: one chart each. */
  workload: z.string(),
  /** Who does it: one line of the chart each. `memcpy` is the limit that the others are shares of. */
  subject: z.string(),
  /** Bytes of one call, where the chart has such an axis. */
  sizeBytes: z.number().min(0).nullable(),
  unit: z.enum(['MiB/s', 'operations/s', 'us', 'ms', 'bytes']),
  better: z.enum(['more', 'less']),
  /** Repetitions, warm-up left out; charts show the median, and the spread from first to last quartile. */
  samples: z.array(z.number()).min(1),
  /** What iomap's rate is to buffer_head's in the patch series, where that says so. */
  series: z.number().nullable().default(null),
  /** The subject that this one is told a multiple of: the same work beside less of what grows. */
  multipleOf: z.string().exactOptional(),
});

/** Something that was measured. */
export type Measurement = Readonly<z.infer<typeof measurementSchema>>;

/** The same before it is written down. */
export type Measured = Omit<Measurement, 'format' | 'version'>;

/** Appends measurements to the file of a run; each is on disk when it was handed over. */
export class BenchFile {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, BENCH_FILE);
  }

  append(measured: Measured): void {
    const line = { format: BENCH_FORMAT, version: BENCH_VERSION, ...measured };
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }
}

/** The measurements of a file's text; lines that are none, such as half a line at the end, are left out. */
export function readBench(text: string): Measurement[] {
  return text.split('\n').flatMap((line) => {
    const result = measurementSchema.safeParse(parsed(line));
    return result.success ? [result.data] : [];
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
