# A mount and process namespace of its own for a script that mounts things: sourced.

# apart SECONDS SCRIPT WORD...: runs a shell script there, for so many seconds at most (0: for ever). To be put into the background, for
# only then does the shell hear of signals meanwhile. A TERM for it reaches all of its processes, so that the script can clean up after
# itself, and it comes when we are killed as well, for whom no trap speaks.
apart() {
  seconds=$1
  shift
  exec setpriv --pdeathsig TERM timeout -k 10 "$seconds" \
    unshare --mount --pid --fork --kill-child --mount-proc --propagation private sh "$@"
}
