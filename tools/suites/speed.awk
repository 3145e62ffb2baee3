# The table of speed.sh from what its rounds printed: column, measure, figure and unit a line. Of each column it shows the best of all
# rounds, and how many times as fast as fuse2fs it was, which has the kernel's cache where the column has: the median of the rounds, each
# beside fuse2fs's figure of the same round.
!($1 in seen) { seen[$1]; columns[++columnCount] = $1 }
!($2 in unit) { measures[++measureCount] = $2; unit[$2] = $4 }
{
  round = ++rounds[$1, $2]
  figures[$1, $2, round] = $3
  if (round == 1 || better($3, best[$1, $2], $4)) best[$1, $2] = $3
}

function better(one, other, of) { return of == "us" ? one + 0 < other + 0 : one + 0 > other + 0 }

# The column that one is compared with.
function peer(column) { return column == "kernel" || column ~ /\+cache$/ ? "fuse2fs+cache" : "fuse2fs" }

# How many times as fast as its peer in one round.
function ratio(column, measure, round, own, theirs) {
  own = figures[column, measure, round]
  theirs = figures[peer(column), measure, round]
  return unit[measure] == "us" ? theirs / own : own / theirs
}

function median(column, measure, count, sorted, i, j, value) {
  count = rounds[column, measure]
  for (i = 1; i <= count; i++) {
    value = ratio(column, measure, i)
    for (j = i; j > 1 && sorted[j - 1] > value; j--) sorted[j] = sorted[j - 1]
    sorted[j] = value
  }
  return count % 2 ? sorted[(count + 1) / 2] : (sorted[count / 2] + sorted[count / 2 + 1]) / 2
}

# What stands behind a figure.
function beside(column, measure, times) {
  if (column == peer(column) || !((peer(column), measure) in best)) return ""
  times = median(column, measure)
  return sprintf("%.2f%s", times, times < 1 ? "*" : " ")
}

END {
  printf "%-27s %-5s", "", ""
  for (c = 1; c <= columnCount; c++) printf " %17s", columns[c]
  print ""
  for (m = 1; m <= measureCount; m++) {
    measure = measures[m]
    printf "%-27s %-5s", measure, unit[measure]
    for (c = 1; c <= columnCount; c++) printf " %10s %6s", best[columns[c], measure], beside(columns[c], measure)
    print ""
  }
}
