# How fast our mounted ext4 is beside fuse2fs, on the same image: ./run speed [options]
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/columns.sh"
. "$here/namespace.sh"
export MAIN="$here/../../dist/bundle/main.js"

die() {
  echo "speed: $*" >&2
  exit 2
}

usage() {
  cat <<'END'
./run speed [--columns COLUMN,...] [--rounds N] [--cores one|all]

Measures throughput and the time of single calls on the same image, in memory, that fuse2fs and `twinpath mount` serve: sequential
and random transfers, and calls about names. As root, on Linux with FUSE, fuse2fs and gcc.

  --columns   of kernel, fuse2fs, buffer_head, iomap, and the last three with +cache; without it all but the kernel.
              With +cache, the kernel caches what files hold (-o kernel_cache; fuse2fs without -o direct_io)
  --rounds    how often everything is measured, each column beside the others; 3 without it
  --cores     one, or nothing: caller and server share a core. With all, the scheduler decides where each is, and where it puts
              them apart, waking each other may take several times as long as a call does: it is this that is measured then

Shows the best of all rounds and, behind it, how many times as fast as fuse2fs that was, with the kernel's cache or without it like the
column: the median of the rounds. A star marks what is slower. Nothing else should run meanwhile.
Exit code: 0 measured, 2 could not run.
END
}

columns=fuse2fs,buffer_head,iomap,fuse2fs+cache,buffer_head+cache,iomap+cache
rounds=3
cores=one
while [ $# -gt 0 ]; do
  case $1 in
  --columns) columns=${2-} ; shift ;;
  --rounds) rounds=${2-} ; shift ;;
  --cores) cores=${2-} ; shift ;;
  --help | -h) usage ; exit 0 ;;
  *) usage >&2 ; die "$1 means nothing here" ;;
  esac
  shift
done
case $rounds in '' | *[!0-9]*) die "--rounds wants a number" ;; esac
case $cores in one | all) ;; *) die "--cores is one or all" ;; esac

list=$(echo "$columns" | tr ',' ' ')
for column in $list; do mounted_by "$column" >/dev/null || die "there is no column $column"; done
[ "$(id -u)" -eq 0 ] || die "only root can mount"
[ -c /dev/fuse ] || die "there is no /dev/fuse"
case ",$columns," in *,fuse2fs*) command -v fuse2fs >/dev/null 2>&1 || die "fuse2fs is not installed: apt-get install fuse2fs" ;; esac
command -v gcc >/dev/null 2>&1 || die "gcc is not installed: apt-get install gcc libc6-dev"

# The last core of those where we may run. All that is started from here on stays there, too.
if [ "$cores" = one ]; then
  core=$(taskset -pc $$ | sed 's/.*[ ,-]//')
  taskset -pc "$core" $$ >/dev/null || die "cannot stay on core $core"
fi

results=$(mktemp -d "${TMPDIR:-/tmp}/twinpath-speed.XXXXXX")
child=
trap '[ -z "$child" ] || { kill "$child"; wait "$child"; } 2>/dev/null; rm -rf "$results"' EXIT
trap 'exit 130' INT TERM HUP
export BIN="$results"
gcc -O2 -o "$BIN/speed" "$here/speed.c" || die "speed.c does not build here"
apart 0 "$here/speed-rounds.sh" "$rounds" $list >"$results/figures.tsv" &
child=$!
wait "$child" || die "not everything could be measured"
child=
awk -F '\t' -f "$here/speed.awk" "$results/figures.tsv"
