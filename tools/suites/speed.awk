# The table of speed.sh from what `speed` printed, a file a column: the best of all rounds, and a star for what is slower than fuse2fs.
FNR == 1 { column = FILENAME; sub(/\.tsv$/, "", column); columns[++columnCount] = column }
!($1 in unit) { measures[++measureCount] = $1; unit[$1] = $3 }
!((column, $1) in best) || better($2, best[column, $1], $3) { best[column, $1] = $2 }

function better(one, other, of) { return of == "us" ? one + 0 < other + 0 : one + 0 > other + 0 }

END {
  printf "%-27s %-5s", "", ""
  for (c = 1; c <= columnCount; c++) printf " %18s", columns[c]
  print ""
  for (m = 1; m <= measureCount; m++) {
    measure = measures[m]
    printf "%-27s %-5s", measure, unit[measure]
    for (c = 1; c <= columnCount; c++) {
      figure = best[columns[c], measure]
      beaten = ("fuse2fs", measure) in best && better(best["fuse2fs", measure], figure, unit[measure])
      printf " %17s%s", figure, beaten ? "*" : " "
    }
    print ""
  }
}
