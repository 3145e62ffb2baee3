# Sources of the suites, from Debian's source packages, into a cache folder: apt checks their hashes. Nothing is installed, and
# the lists of packages of the machine stay as they are. Sourced by suites.sh; needs $cache.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# diod has fsx, fsstress and pjd's fstest; fuse3 has test_syscalls.
fetch_sources() {
  [ -d "$cache/diod" ] && [ -d "$cache/fuse3" ] && return
  command -v apt-get >/dev/null 2>&1 && [ -f "$keyring" ] ||
    die "the sources of the suites come from Debian's source packages, and there is no apt-get or no $keyring"
  mkdir -p "$cache/lists/partial" "$cache/archives/partial"
  debian_sources >"$cache/sources.list"
  # A machine whose lists were never fetched knows of no repository yet.
  [ -s "$cache/sources.list" ] || { apt-get -qq update >&2 && debian_sources >"$cache/sources.list"; }
  [ -s "$cache/sources.list" ] || die "apt-get knows of no repository of Debian's; see: apt-get indextargets"
  fetch_with_apt update || die "the list of source packages could not be fetched"
  for package in diod fuse3; do
    rm -rf "$cache/$package" "$cache/$package".new "$cache/${package}"_*
    (cd "$cache" && fetch_with_apt source --download-only --tar-only "$package") ||
      die "the source package $package could not be fetched"
    mkdir "$cache/$package.new"
    tar -xf "$cache/${package}"_*.orig.tar.* -C "$cache/$package.new" --strip-components=1
    mv "$cache/$package.new" "$cache/$package"
  done
}

# Sources lie where this machine has Debian's packages from.
debian_sources() {
  apt-get indextargets --format "deb-src [signed-by=$keyring] \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" \
    'Created-By: Packages' 'Origin: Debian' | sort -u
}

fetch_with_apt() {
  apt-get -qq -o Dir::Etc::SourceList="$cache/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$cache/lists" -o Dir::Cache="$cache" -o APT::Sandbox::User=root "$@" >"$cache/apt.log" 2>&1 ||
    { cat "$cache/apt.log" >&2; return 1; }
}

build_suites() {
  kern=$cache/diod/tests/kern
  bin=$cache/bin
  [ -x "$bin/test_syscalls" ] && return
  command -v gcc >/dev/null 2>&1 || die "gcc is not installed, and the suites have to be built: apt-get install gcc libc6-dev"
  mkdir -p "$bin"
  echo '#define HAVE_COPY_FILE_RANGE 1' >"$bin/fuse_config.h"
  : >"$bin/config.h"
  cc="gcc -w -O1 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64"
  $cc -DHAVE_ERR_H -DFALLOCATE -I"$bin" -o "$bin/fsx" "$kern/fsx/fsx.c" &&
    $cc -DNO_XFS -D_LARGEFILE64_SOURCE -o "$bin/fsstress" "$kern/fsstress/fsstress.c" &&
    $cc -DHAS_TRUNCATE64 -DHAS_STAT64 -o "$bin/fstest" "$kern/fstest/fstest.c" &&
    $cc -I"$bin" -o "$bin/test_syscalls" "$cache/fuse3/test/test_syscalls.c" ||
    die "the suites do not build here; see gcc's words above"
  # fstest looks for its program above its tests, and knows ext4 as ext3.
  cp -r "$kern/fstest/tests" "$bin/tests"
  sed -i 's/^fs=.*/fs="ext3"/' "$bin/tests/conf"
  chmod -R a+rX "$bin"
}
