# Mounts $work/disk.img on $work/mnt, and unmounts it: sourced, in a mount and process namespace of its own, where $work is the
# folder that one is in.
. "$(dirname "$0")/columns.sh"

# mount_column COLUMN
mount_column() {
  server=
  how=$(mounted_by "$1") || return 1
  case $how in
  kernel) mount -o loop,nodev,nosuid disk.img mnt ;;
  fuse2fs*) fuse2fs disk.img mnt -o "allow_other${how#fuse2fs}" >server.log 2>&1 ;;
  *) serve_with "$how" ;;
  esac
}

# serve_with OPTIONS: sets $server to ours.
serve_with() {
  # Words for node itself, such as --cpu-prof, may stand in TWINPATH_NODE.
  node ${TWINPATH_NODE-} "$MAIN" mount disk.img mnt -o "allow_other,$1" >server.log 2>&1 &
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
  case $1 in fuse2fs*) while pgrep -x fuse2fs >/dev/null; do sleep 0.05; done ;; esac
}
