# fio writes in random order and verifies every block by its checksum: with pwrite, through a mapping, and through io_uring.
suite() {
  for engine in psync mmap io_uring; do
    for direct in 0 1; do
      # A mapping is never direct.
      [ "$engine$direct" != mmap1 ] || continue
      fio --name=verify --filename="$engine$direct" --rw=randwrite --bsrange=4k-64k --bs_unaligned=0 --size=24m --verify=crc32c \
        --do_verify=1 --verify_fatal=1 --ioengine="$engine" --direct="$direct" --iodepth=8 --fallocate=none --output-format=terse ||
        return 1
      echo "= $engine $direct ok"
    done
  done
}
[ "${1-}" != needs ] || echo fio
