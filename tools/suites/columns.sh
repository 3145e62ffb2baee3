# The columns of the tables: who serves the image, and how. Sourced.

# What mounts a column: kernel, fuse2fs, or the mount options of twinpath. Fails for what is no column.
mounted_by() {
  case $1 in
  kernel | fuse2fs) echo "$1" ;;
  buffer_head) echo nobuffered_iomap ;;
  iomap) echo buffered_iomap ;;
  buffer_head+cache) echo nobuffered_iomap,kernel_cache ;;
  iomap+cache) echo buffered_iomap,kernel_cache ;;
  *) return 1 ;;
  esac
}
