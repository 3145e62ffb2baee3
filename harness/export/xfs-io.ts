import type { Form, Obstacle, Written } from './form.ts';
import { headingOf } from './heading.ts';
import type { Reproduction } from './reproduction.ts';
import { ioCommand } from './shell/io-commands.ts';
import { OpenFiles } from './shell/open-files.ts';

/** Commands for one file: what a kernel developer pastes into a terminal. It checks nothing. */
export const XFS_IO_COMMANDS: Form = {
  name: 'xfs_io',
  extension: 'xfs_io',
  summary: 'the commands of xfs_io alone, for one file; they check nothing',
  usage: (file) => `grep -v '^#' ${file} | xfs_io -f /mnt/file`,
  write: writeCommands,
};

function writeCommands(reproduction: Reproduction): Written {
  const files = new OpenFiles();
  const obstacles: Obstacle[] = [];
  const commands: string[] = [];
  let path: string | null = null;
  for (const [index, step] of reproduction.steps.entries()) {
    const { operation, expected, before } = step;
    const stop = (why: string): void => void obstacles.push({ step: index, why });
    if (operation.op === 'open') {
      const { append, direct, sync } = operation.flags;
      const why = OpenFiles.whyNot(operation, expected);
      path ??= operation.path;
      if (why !== null) stop(why);
      else if (operation.path !== path) stop('the commands are for one file');
      else if (append ?? direct ?? sync)
        stop('the flags of an open file stand on the command line of xfs_io');
      else files.open(operation);
      continue;
    }
    if (operation.op === 'close') continue;
    if (operation.op === 'read' || operation.op === 'pread') {
      const offset = operation.op === 'pread' ? operation.offset : (before?.position ?? 0);
      if (offset < 0) stop('xfs_io takes no negative numbers');
      else commands.push(`pread ${offset} ${operation.length}`);
      continue;
    }
    if (operation.op === 'truncate' && operation.path === path && operation.size >= 0) {
      commands.push(`truncate ${operation.size}`);
      continue;
    }
    const command = ioCommand(step, files);
    if (command === null) stop(`xfs_io has no command for ${operation.op}`);
    else if ('obstacle' in command) stop(command.obstacle);
    else commands.push(command.command);
    if (operation.op === 'mmap' && command !== null && 'command' in command) files.map(operation);
  }
  const comment = [...headingOf(reproduction, obstacles), 'Contents are one letter for each write here.'];
  return {
    text: `${[...comment.map((line) => `# ${line}`.trimEnd()), ...commands].join('\n')}\n`,
    obstacles,
  };
}
