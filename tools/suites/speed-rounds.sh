# Measures columns of the table of speed.sh: speed-rounds.sh ROUNDS COLUMN... Prints what `speed` prints, each line behind its column.
# Columns take turns phase by phase, so that all meet the same machine: what else it does meanwhile slows neighbours alike. Runs in a
# mount and process namespace of its own. All that is read was written before another mount. Each phase takes seconds, so what has been
# measured is said on standard error.
. "$(dirname "$0")/mounting.sh"
rounds=$1
shift
top=$(mktemp -d "${TWINPATH_SUITES_WORK:-/dev/shm}/speed.XXXXXX") || exit 1
trap 'cd /; umount -l "$top"/*/mnt 2>/dev/null; rm -rf "$top"' EXIT
trap 'exit 130' INT TERM HUP

# enter COLUMN: into its folder.
enter() {
  work=$top/$1
  mkdir -p "$work/mnt" && cd "$work" || exit 1
}

# measure COLUMN PHASE...: one phase on a mount of its own.
measure() {
  column=$1
  shift
  enter "$column"
  began=$(date +%s)
  mount_column "$column" || exit 1
  (cd mnt && exec "$BIN/speed" "$@") >figures || exit 1
  unmount_column "$column" || exit 1
  echo "speed: round $round of $rounds, $*: $column took $(($(date +%s) - began)) s" >&2
  sed "s/^/$column	/" figures
}

round=0
while [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  for column in "$@"; do
    enter "$column"
    rm -f disk.img
    truncate -s 512M disk.img && mke2fs -q -t ext4 disk.img || exit 1
  done
  for phase in write 'stream 4096' 'stream 65536' 'stream 1048576' random names; do
    # Two words of a phase are two arguments.
    for column in "$@"; do measure "$column" $phase; done
  done
  for column in "$@"; do
    enter "$column"
    e2fsck -fn disk.img >fsck.log 2>&1 || { cat fsck.log >&2; exit 1; }
  done
done
