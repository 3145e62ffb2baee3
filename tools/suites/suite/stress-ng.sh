# stress-ng's class of file systems: some fifty stressors, one after the other, that verify what they can.
suite() {
  stress-ng --class filesystem --sequential 1 --timeout "$([ -n "$LONG" ] && echo 5 || echo 1)" --verify --temp-path "$PWD" \
    --metrics-brief --exclude "binderfs,ramfs,procfs,sysfs,dev-shm,handle,fanotify,quota,efivar,swap" 2>&1 | tee stress.log
  ! grep -qE 'fail:|unsuccessful' stress.log
}
[ "${1-}" != needs ] || echo stress-ng
