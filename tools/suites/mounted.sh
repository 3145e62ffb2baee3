# Runs a shell script in a file system that was just made and mounted, then unmounts it and has e2fsck look at the image.
#   mounted.sh COLUMN BLOCK_SIZE SCRIPT    COLUMN as in columns.sh
# Runs in a mount and process namespace of its own (suites.sh makes it), so that nothing stays, however it ends.
# Then the kernel's own ext4 must see the same tree. Exit code: that of the script; 101 when e2fsck complains, 102 when the server
# ended badly, 103 when nothing could be mounted, 104 when the kernel sees another tree.
. "$(dirname "$0")/mounting.sh"
column=$1 block=$2 script=$3
work=$(mktemp -d "${TWINPATH_SUITES_WORK:-/dev/shm}/suites.XXXXXX") && mkdir "$work/mnt" || exit 103
trap 'cd /; umount -l "$work/mnt" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
cd "$work" || exit 103
truncate -s "${IMAGE_SIZE:-1G}" disk.img
mke2fs -q -t ext4 -b "$block" disk.img || exit 103
mount_column "$column" || exit 103
chmod 755 "$work" mnt
# What is where: kinds, permissions, links, owners, sizes, times and targets, then the bytes of files.
tree() {
  (cd mnt && find . -printf '%y %m %n %U %G %s %T@ %p %l\n' | sort && find . -type f -print0 | sort -z | xargs -0 -r sha256sum) >"$1" 2>&1
}

export BIN WORK="$work" SERVER="$server"
(cd mnt && exec sh -c "$script")
code=$?
tree before
unmount_column "$column" || exit 102
e2fsck -fn disk.img >fsck.log 2>&1 || { cat fsck.log; exit 101; }
mount -o loop,ro,noload disk.img mnt || exit 103
tree after
umount mnt
cmp before after || { diff before after | head -n 40; exit 104; }
exit $code
