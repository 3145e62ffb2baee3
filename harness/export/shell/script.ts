import type { Form, Obstacle } from '../form.ts';
import { headingOf, mke2fsCommand, mountOptions } from '../heading.ts';
import type { Reproduction } from '../reproduction.ts';
import { shellBody } from './body.ts';
import { FUNCTIONS } from './functions.ts';

/** A script that makes the file system, does everything, and asks e2fsck. */
export const SHELL_SCRIPT: Form = {
  name: 'sh',
  extension: 'sh',
  summary:
    'a shell script with xfs_io and coreutils, which makes and mounts the file system by itself (root)',
  usage: (file) => `sudo sh ${file}`,
  write: (reproduction) => {
    const { lines, obstacles } = shellBody(reproduction);
    return { text: scriptOf(reproduction, lines, obstacles), obstacles };
  },
};

function scriptOf(
  reproduction: Reproduction,
  lines: readonly string[],
  obstacles: readonly Obstacle[],
): string {
  const { setup } = reproduction.case;
  return `#!/bin/sh
${headingOf(reproduction, obstacles)
  .map((line) => `# ${line}`.trimEnd())
  .join('\n')}
# Contents are one letter for each write here; times are not judged.
[ "$TWINPATH_INSIDE" ] || exec env TWINPATH_INSIDE=1 unshare -m sh "$0" "$@"
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
work=$(mktemp -d) || exit 2
device=
end() {
	cd /
	umount "$work/mounted" 2>/dev/null
	[ -z "$device" ] || losetup -d "$device"
	rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM HUP PIPE
truncate -s ${setup.sizeBytes} "$work/image" && ${mke2fsCommand(setup, '"$work/image"')} || exit 2
mkdir "$work/mounted"
device=$(losetup -f --show "$work/image") || exit 2
mount_it() {
	mount -t ext4 -o ${mountOptions(setup)} "$device" "$work/mounted" && cd "$work/mounted"
}
remount() {
	cd / && umount "$work/mounted" && mount_it
}
umask 0
mount_it || exit 2

${FUNCTIONS}

${lines.join('\n')}

cd /
umount "$work/mounted" || exit 2
e2fsck -fn "$device" >"$work/e2fsck" 2>&1 || { wrong end "e2fsck:"; cat "$work/e2fsck"; }
[ "$failures" -eq 0 ] && echo "every answer was right" && exit 0
echo "$failures answers were wrong"
exit 1
`;
}
