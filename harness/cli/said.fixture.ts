import { runCommandLine } from './command-line.ts';

/** What a command said, and how it ended. */
export interface Said {
  readonly code: number;
  /** Standard output as text. */
  readonly out: string;
  /** Standard output as it is. */
  readonly bytes: Buffer;
  readonly err: string;
}

/** Runs `twinpath` with these words in this process, with nobody at the terminal. */
export async function twinpath(...words: string[]): Promise<Said> {
  const out: Buffer[] = [];
  let err = '';
  const code = await runCommandLine(words, {
    out: (text) => void out.push(Buffer.from(text)),
    bytes: (chunk) => Promise.resolve(void out.push(Buffer.from(chunk))),
    err: (text) => void (err += text),
    progress: 'lines',
    columns: 80,
  });
  const bytes = Buffer.concat(out);
  return { code, out: bytes.toString(), bytes, err };
}

/** `twinpath image` with these words. */
export const image = (...words: string[]): Promise<Said> => twinpath('image', ...words);
