# Runs a shell script in a file system that was just made and mounted, then unmounts it and has e2fsck look at the image.
#   mounted.sh COLUMN BLOCK_SIZE SCRIPT    COLUMN: kernel, fuse2fs, or mount options of twinpath mount
# Runs in a mount and process namespace of its own (suites.sh makes it), so that nothing stays, however it ends.
# Then the kernel's own ext4 must see the same tree. Exit code: that of the script; 101 when e2fsck complains, 102 when the server
# ended badly, 103 when nothing could be mounted, 104 when the kernel sees another tree.
column=$1 block=$2 script=$3
work=$(mktemp -d "${TWINPATH_SUITES_WORK:-/dev/shm}/suites.XXXXXX") && mkdir "$work/mnt" || exit 103
trap 'cd /; umount -l "$work/mnt" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 103
truncate -s "${IMAGE_SIZE:-1G}" disk.img
mke2fs -q -t ext4 -b "$block" disk.img || exit 103
server=
case $column in
kernel) mount -o loop,nodev,nosuid disk.img mnt || exit 103 ;;
fuse2fs) fuse2fs disk.img mnt -o allow_other >server.log 2>&1 || exit 103 ;;
*)
  node "$MAIN" mount disk.img mnt -o "allow_other,$column" >server.log 2>&1 &
  server=$!
  until grep -q "$work/mnt .*fuse.twinpath" /proc/self/mountinfo; do
    kill -0 $server 2>/dev/null || { cat server.log; exit 103; }
    sleep 0.1
  done
  ;;
esac
chmod 755 "$work" mnt
# What is where: kinds, permissions, links, owners, sizes, times and targets, then the bytes of files.
tree() {
  (cd mnt && find . -printf '%y %m %n %U %G %s %T@ %p %l\n' | sort && find . -type f -print0 | sort -z | xargs -0 -r sha256sum) >"$1" 2>&1
}

export BIN WORK="$work" SERVER="$server"
(cd mnt && exec sh -c "$script")
code=$?
tree before
umount mnt || umount -l mnt
if [ -n "$server" ]; then
  wait $server || { cat server.log; exit 102; }
fi
# fuse2fs goes on for a moment after its mount is gone.
[ "$column" != fuse2fs ] || sleep 1
e2fsck -fn disk.img >fsck.log 2>&1 || { cat fsck.log; exit 101; }
mount -o loop,ro,noload disk.img mnt || exit 103
tree after
umount mnt
cmp before after || { diff before after | head -n 40; exit 104; }
exit $code
