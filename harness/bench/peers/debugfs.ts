import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, runSync } from '../../process.ts';
import type { Absent, Contestant, Lap } from '../contest.ts';
import { timed } from '../pieces.ts';

const IMAGE_BYTES_PER_FILE = 8192;
const IMAGE_MIN_BYTES = 16 << 20;

/** debugfs -w does what its script says; nothing it changes goes through a journal. One process for each verb is part of the figures. */
export function debugfs(folder: string, files: number): Contestant | Absent {
  const [program, maker] = [findProgram('debugfs'), findProgram('mke2fs')];
  const subject = 'debugfs -w';
  if (program === null || maker === null) return { subject, reason: 'debugfs or mke2fs is not installed' };
  const image = join(folder, 'debugfs.img');
  const blocks = Math.ceil(Math.max(IMAGE_MIN_BYTES, files * IMAGE_BYTES_PER_FILE) / 4096);
  const script = join(folder, 'debugfs.script');
  const lap = (verb: string, line: (number: number) => string): Lap => {
    writeFileSync(script, Array.from({ length: files }, (_, number) => `${line(number)}\n`).join(''));
    const ms = timed(() => {
      const { exitCode, stderr } = runSync(program, ['-w', '-f', script, image], {});
      if (exitCode !== 0) throw new Error(`debugfs failed: ${stderr}`);
    });
    return { workload: `${verb}, one directory`, amount: files, ms };
  };
  return {
    subject,
    round(): Lap[] {
      runSync(
        maker,
        ['-q', '-F', '-t', 'ext4', '-b', '4096', '-N', String(2 * files), image, String(blocks)],
        {},
      );
      return [
        lap('create', (number) => `write /dev/null file${number}`),
        // It says less than `stat`, a page each, and looks at the same.
        lap('stat', (number) => `blocks file${number}`),
        lap('unlink', (number) => `rm file${number}`),
      ];
    },
    close() {
      for (const path of [image, script]) rmSync(path, { force: true });
    },
  };
}
