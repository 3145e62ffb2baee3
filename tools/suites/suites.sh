# Other people's suites on our mounted ext4, on both paths, and on the kernel's beside it: ./run suites [options]
set -u
here=$(cd "$(dirname "$0")" && pwd)
export MAIN="$here/../../dist/bundle/main.js"
cache=${TWINPATH_SUITES:-${HOME:-/root}/.cache/twinpath/suites}
export BIN="$cache/bin"

die() {
  echo "suites: $*" >&2
  exit 2
}

usage() {
  cat <<'END'
./run suites [--only SUITE,...] [--columns COLUMN,...] [--blocks BYTES,...] [--long]

Runs suites that others wrote on file systems that `twinpath mount` serves, on both paths, and on the kernel's own ext4, and prints
a table. As root, on Linux with FUSE. Sources come from Debian's source packages into ~/.cache/twinpath/suites.

  --only      of fsx, fstest, fsstress, test_syscalls, fio, xfs_io, stress-ng, work; all without it
  --columns   of kernel, buffer_head, iomap; all without it
  --blocks    1024, 2048 or 4096; 1024,4096 without it
  --long      fsx makes 100,000 operations (else 10,000), fsstress and stress-ng take their time, too

What a suite says is in the folder that is named at the end. A cell is `held`, `differs` (from what the kernel's ext4 answers on
this machine, line by line), `FAILED`, `e2fsck` (it complains of the image), `another tree` (the kernel mounts the image afterwards, and
sees something else), `server` (it broke), or `unknown` (not installed).
Exit code: 0 all held, 1 something did not, 2 could not run.
END
}

suites=fsx,fstest,fsstress,test_syscalls,fio,xfs_io,stress-ng,work
columns=kernel,buffer_head,iomap
blocks=1024,4096
long=
while [ $# -gt 0 ]; do
  case $1 in
  --only) suites=${2-} ; shift ;;
  --columns) columns=${2-} ; shift ;;
  --blocks) blocks=${2-} ; shift ;;
  --long) long=1 ;;
  --help | -h) usage ; exit 0 ;;
  *) usage >&2 ; die "$1 means nothing here" ;;
  esac
  shift
done
list() { echo "$1" | tr ',' ' '; }
for suite in $(list "$suites"); do [ -f "$here/suite/$suite.sh" ] || die "there is no suite $suite"; done
for block in $(list "$blocks"); do case $block in 1024 | 2048 | 4096) ;; *) die "blocks of $block bytes are not among 1024, 2048, 4096" ;; esac; done
for column in $(list "$columns"); do case $column in kernel | buffer_head | iomap) ;; *) die "there is no column $column" ;; esac; done
[ "$(id -u)" -eq 0 ] || die "only root can mount"
[ -c /dev/fuse ] || die "there is no /dev/fuse"

. "$here/fetch.sh"
. "$here/namespace.sh"
fetch_sources
build_suites
results=$(mktemp -d "${TMPDIR:-/tmp}/twinpath-suites.XXXXXX")

# Ctrl-C, and whatever else ends this: the suite that runs goes too, with its mount and its image.
child=
stop() {
  [ -z "$child" ] || { kill -TERM "$child" 2>/dev/null; wait "$child" 2>/dev/null; }
  echo >&2
  echo "suites: stopped; what was said until then: $results" >&2
  exit 130
}
trap stop INT TERM HUP

# One suite in one column; leaves the word for the table in $word. Lines that begin with "= " are compared with the kernel's.
cell() {
  suite=$1 column=$2 block=$3
  out=$results/$suite-$column-$block
  missing=$(sh "$here/suite/$suite.sh" needs)
  for program in $missing; do
    command -v "$program" >/dev/null 2>&1 || { word="unknown ($program is not installed)"; return; }
  done
  LONG=$long REPOSITORY="$here/../.." apart "${SUITE_SECONDS:-3600}" "$here/mounted.sh" "$column" "$block" ". \"$here/suite/$suite.sh\"; suite" >"$out" 2>&1 </dev/null &
  child=$!
  wait "$child"
  code=$?
  child=
  grep '^= ' "$out" >"$out.answers"
  case $code in
  0) ;;
  101) word=e2fsck ; return ;;
  102) word=server ; return ;;
  104) word='another tree' ; return ;;
  103) word="unknown (not mounted)" ; return ;;
  124 | 137) word="FAILED (no end)" ; return ;;
  *) word=FAILED ; return ;;
  esac
  kernel=$results/$suite-kernel-$block.answers
  if [ "$column" = kernel ] || [ ! -s "$kernel" ] || cmp -s "$kernel" "$out.answers"; then word=held; else word=differs; fi
}

bad=0
printf '%-15s %-7s' suite block
for column in $(list "$columns"); do printf ' %-24s' "$column"; done
echo
for suite in $(list "$suites"); do
  for block in $(list "$blocks"); do
    printf '%-15s %-7s' "$suite" "$block"
    for column in $(list "$columns"); do
      cell "$suite" "$column" "$block"
      printf ' %-24s' "$word"
      # What fails on the kernel's ext4 as well is the suite's, or the machine's.
      case $column:$word in kernel:* | *:held) ;; *:unknown*) [ $bad -eq 1 ] || bad=2 ;; *) bad=1 ;; esac
    done
    echo
  done
done
echo "what the suites said: $results"
exit $bad
