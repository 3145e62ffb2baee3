# Real work: a clone and its fsck, a source tree through tar and back, a database that survives power cuts.
suite() { cloned && packed && installed && cut; }

cloned() {
  git -c safe.directory='*' clone -q --no-hardlinks "$REPOSITORY" clone && git -C clone fsck --full --strict >/dev/null 2>&1 &&
    [ -z "$(git -C clone status --porcelain)" ]
}

packed() {
  mkdir there && tar -C "$REPOSITORY" -cf tree.tar harness impl && tar -C there -xf tree.tar && tar -C there -cf - harness impl |
    tar -C "$WORK" -xf - || return 1
  for folder in harness impl; do diff -r "$REPOSITORY/$folder" "$WORK/$folder" || return 1; done
}

# Fetches packages, so only when there is time.
installed() {
  [ -n "$LONG" ] || return 0
  (cd clone && npm ci --no-audit --no-fund --ignore-scripts >/dev/null && node_modules/.bin/prettier --version >/dev/null)
}

# Every transaction is settled when sqlite says so: only `extra` syncs the folder from which a commit takes its journal.
load_of_database() {
  echo 'pragma synchronous=extra;'
  i=0
  while [ $i -lt 3000 ]; do
    i=$((i + 1))
    echo "insert into kept (filling) values (randomblob($((i % 40 * 400))));"
    echo "delete from kept where n % 7 = 3 and n < (select max(n) from kept);"
    echo "select 'committed', max(n) from kept;"
  done
}

# Power cuts in the middle of that: what the image holds at one moment. Its log is replayed, and the database must be whole and hold what it was told
# to keep before.
cut() {
  [ -n "$SERVER" ] || return 0
  sqlite3 base.db 'create table kept (n integer primary key, filling blob)'
  rounds=3
  while [ $rounds -gt 0 ]; do
    rounds=$((rounds - 1))
    load_of_database | sqlite3 base.db >"$WORK/said" &
    load=$!
    sleep 1
    # Before the copy: what was committed by then must be there.
    committed=$(sed -n 's/committed|//p' "$WORK/said" | tail -n 1)
    kill -STOP "$SERVER"
    cp --sparse=always "$WORK/disk.img" "$WORK/cut.img"
    kill -CONT "$SERVER"
    kill $load
    wait $load
    e2fsck -fy "$WORK/cut.img" >"$WORK/cut.log" 2>&1
    [ $? -le 1 ] && mkdir -p "$WORK/cut" && mount -o loop "$WORK/cut.img" "$WORK/cut" || { cat "$WORK/cut.log"; return 1; }
    whole=$(sqlite3 "$WORK/cut/base.db" 'pragma integrity_check')
    kept=$(sqlite3 "$WORK/cut/base.db" 'select max(n) from kept')
    umount "$WORK/cut"
    echo "power cut: $whole, committed ${committed:-nothing}, kept ${kept:-nothing}"
    [ "$whole" = ok ] && [ "${kept:-0}" -ge "${committed:-0}" ] || return 1
  done
}
[ "${1-}" != needs ] || echo git sqlite3
