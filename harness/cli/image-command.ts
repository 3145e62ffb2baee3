import type { Command } from 'commander';
import { addCopying } from './image-copy-commands.ts';
import { addImageFsck } from './image-fsck-command.ts';
import { addLooking } from './image-look-commands.ts';
import { addMkfs } from './image-mkfs-command.ts';
import type { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  twinpath image mkfs disk.img --size 256M --label data
  twinpath image put disk.img photos/ /photos
  twinpath image ls disk.img /photos
  twinpath image get disk.img / everything
  twinpath image fsck disk.img

All but mkfs and put open the image for reading only: a log that needs recovery is replayed in memory.
Exit code: 0 when it is done, 1 when something was left out or found, 2 when it could not be done.`;

/** `twinpath image`: ext4 images without mounting them in the kernel. */
export function addImage(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const image = program
    .command('image')
    .summary('makes, looks into, fills and checks ext4 image files, through the ext4 of twinpath')
    .description('Works on ext4 image files through the ext4 of twinpath; the kernel mounts nothing.')
    .addHelpText('after', EXAMPLES);
  addMkfs(image, terminal, exit);
  addLooking(image, terminal, exit);
  addCopying(image, terminal, exit);
  addImageFsck(image, terminal, exit);
}
