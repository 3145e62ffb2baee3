# xfs_io: places, holes and zeros, and what can be read and sought afterwards; every line is held against the kernel's. Collapsing
# and inserting are left out: the kernel's FUSE refuses them itself (EOPNOTSUPP) and never asks the file system.
suite() {
  say() { sed -E 's/\([0-9.]+ .*//; s/^/= /'; }
  for script in \
    'pwrite -S 0x61 0 200k;fpunch 16k 32k;seek -a -r 0;pread -v 15k 2k' \
    'falloc 0 1m;pwrite -S 0x62 100k 10k;seek -a -r 0;stat -v' \
    'pwrite -S 0x65 0 64k;fzero -k 32k 128k;seek -a -r 0;pread -v 31k 2k' \
    'truncate 1m;pwrite -S 0x66 1023k 1k;truncate 5000;truncate 1m;pread -v 4k 1k' \
    'pwrite -S 0x67 0 64k;fsync;fdatasync;sync_range 0 64k;mmap -rw 0 64k;mwrite -S 0x68 1k 1k;msync -s;pread -v 1k 64;mread -v 2k 64' \
    'falloc -k 0 256k;pwrite -S 0x69 4090 20;pread -v 4080 64;seek -a -r 0' \
    'falloc 0 0;fpunch 0 0;pwrite -S 0x6a 1t 1;seek -h 0'; do
    rm -f file
    set --
    rest=$script
    while [ -n "$rest" ]; do
      set -- "$@" -c "${rest%%;*}"
      case $rest in *';'*) rest=${rest#*;} ;; *) rest= ;; esac
    done
    echo "= $script"
    xfs_io -f "$@" file 2>&1 | grep -vE 'stat.(ino|blocks|atime|mtime|ctime|btime|dev_|attributes|attributes_mask|mount_id|mnt_id)|ops; |fsxattr|dio(attr|mem)|fd.path' | say
  done
  # A terabyte of holes: whoever hashes the tree afterwards would read it all.
  rm -f file
}
[ "${1-}" != needs ] || echo xfs_io
