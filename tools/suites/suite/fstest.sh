# pjd's fstest: 1957 checks of what POSIX says of chmod, chown, link, mkdir, open, rename and the like, one line each.
suite() {
  (cd "$BIN/tests" && ls */*.t) | while read -r test; do
    sh "$BIN/tests/$test" 2>/dev/null | sed -n "s|^\(not ok\|ok\) \([0-9]*\).*|= $test \2 \1|p"
  done
}
