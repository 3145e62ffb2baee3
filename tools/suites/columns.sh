# The columns of the tables: who serves the image, and how. Sourced.

# What mounts a column: kernel, fuse2fs with its mount options, or the mount options of twinpath. Fails for what is no column.
mounted_by() {
  case $1 in
  kernel) echo kernel ;;
  fuse2fs) echo fuse2fs,direct_io ;;
  fuse2fs+cache) echo fuse2fs ;;
  buffer_head) echo nobuffered_iomap ;;
  iomap) echo buffered_iomap ;;
  buffer_head+cache) echo nobuffered_iomap,kernel_cache ;;
  iomap+cache) echo buffered_iomap,kernel_cache ;;
  *) return 1 ;;
  esac
}
