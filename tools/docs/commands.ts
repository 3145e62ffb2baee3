/** Commands of a page that stand together. */
export interface Block {
  /** What a machine needs for them, as the page says in a comment before the block. */
  readonly needs: readonly string[];
  readonly commands: readonly Command[];
}

export interface Command {
  readonly line: string;
  /** What the page says that it exits with; 0 when it says nothing. */
  readonly exitCode: number;
}

const BLOCK = /(?:<!-- needs: (?<needs>[^>]*?) -->\n\n)?^```sh\n(?<lines>.*?)^```$/gms;
const EXIT_CODE = / # exits with (\d+)$/;

/** All commands of a page of Markdown, in order. */
export const blocksOf = (markdown: string): Block[] =>
  [...markdown.matchAll(BLOCK)].map(({ groups }) => ({
    needs: groups?.['needs']?.split(' ') ?? [],
    commands: (groups?.['lines'] ?? '').trim().split('\n').map(commandOf),
  }));

const commandOf = (line: string): Command => ({
  line: line.replace(EXIT_CODE, ''),
  exitCode: Number(EXIT_CODE.exec(line)?.[1] ?? 0),
});
