# Mounts $work/disk.img on $work/mnt, and unmounts it: sourced, in a mount and process namespace of its own.

# mount_column COLUMN    COLUMN: kernel, fuse2fs, or mount options of twinpath mount. Sets $server to ours.
mount_column() {
  server=
  case $1 in
  kernel) mount -o loop,nodev,nosuid disk.img mnt ;;
  fuse2fs) fuse2fs disk.img mnt -o allow_other >server.log 2>&1 ;;
  *) serve_column "$1" ;;
  esac
}

serve_column() {
  node "$MAIN" mount disk.img mnt -o "allow_other,$1" >server.log 2>&1 &
  server=$!
  until grep -q "$work/mnt .*fuse.twinpath" /proc/self/mountinfo; do
    kill -0 $server 2>/dev/null || { cat server.log; return 1; }
    sleep 0.1
  done
}

# unmount_column COLUMN: nothing of it goes on afterwards. Fails when the server did.
unmount_column() {
  umount mnt || umount -l mnt
  if [ -n "$server" ]; then wait $server || { cat server.log; return 1; }; fi
  # fuse2fs goes on for a moment after its mount is gone.
  [ "$1" != fuse2fs ] || while pgrep -x fuse2fs >/dev/null; do sleep 0.05; done
}
