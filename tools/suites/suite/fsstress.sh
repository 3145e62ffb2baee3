# fsstress: several processes make, move, link, change and remove whatever they find; e2fsck judges what is left.
suite() { "$BIN/fsstress" -d "$PWD" -n "$([ -n "$LONG" ] && echo 5000 || echo 500)" -p 4 -s 1 >/dev/null; }
