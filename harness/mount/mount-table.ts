import { readFileSync } from 'node:fs';

/** One line of the kernel's table of mounts (proc(5), /proc/PID/mountinfo). */
export interface MountedAt {
  readonly mountPoint: string;
  readonly type: string;
  /** For ours, the path of the image. */
  readonly source: string;
}

/** The file system type that our mounts have. */
export const MOUNT_TYPE = 'fuse.twinpath';

export const ourMounts = (): MountedAt[] =>
  parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8')).filter(({ type }) => type === MOUNT_TYPE);

/** The fields before the hyphen vary in number; the type and the source stand behind it. */
export function parseMountTable(text: string): MountedAt[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const words = line.split(' ');
      const [type = '', source = ''] = words.slice(words.indexOf('-') + 1);
      return { mountPoint: unescape(words[4] ?? ''), type, source: unescape(source) };
    });
}

/** Blanks and the like stand there as a backslash and three octal digits. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
