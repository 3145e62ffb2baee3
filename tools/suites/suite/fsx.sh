# fsx: random reads, writes, truncations, mappings, fallocate and holes on one file, all compared with a copy in memory.
suite() { "$BIN/fsx" -q -N "$([ -n "$LONG" ] && echo 100000 || echo 10000)" file; }
