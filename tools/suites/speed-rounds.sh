# Measures one column of the table of speed.sh: speed-rounds.sh COLUMN ROUNDS. Prints what `speed` prints, round after round.
# Runs in a mount and process namespace of its own. All that is read was written before another mount.
. "$(dirname "$0")/mounting.sh"
column=$1 rounds=$2
work=$(mktemp -d "${TWINPATH_SUITES_WORK:-/dev/shm}/speed.XXXXXX") && mkdir "$work/mnt" || exit 1
trap 'cd /; umount -l "$work/mnt" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
cd "$work" || exit 1

phase() {
  mount_column "$column" || exit 1
  (cd mnt && exec "$BIN/speed" "$@") || exit 1
  unmount_column "$column" || exit 1
}

while [ "$rounds" -gt 0 ]; do
  rounds=$((rounds - 1))
  rm -f disk.img
  truncate -s 512M disk.img
  mke2fs -q -t ext4 disk.img || exit 1
  phase write
  for bytes in 4096 65536 1048576; do phase stream $bytes; done
  phase random
  phase names
  e2fsck -fn disk.img >fsck.log 2>&1 || { cat fsck.log >&2; exit 1; }
done
