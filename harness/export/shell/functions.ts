/** What the lines of a body call. Everything runs in the top directory of the file system. */
export const FUNCTIONS = String.raw`failures=0
wrong() {
	failures=$((failures + 1))
	echo "step $1: $2"
}
caller=
# Whoever is not root calls through setpriv(1), but for what only root may do.
call() {
	case $1 in
	remount | drop_caches | fstrim) "$@" ;;
	*) $caller "$@" ;;
	esac
}
# does STEP COMMAND...: must succeed
does() {
	step=$1; shift
	said=$(call "$@" 2>&1 </dev/null) || wrong "$step" "$*: $said"
}
# fails STEP WORDS COMMAND...: must fail with these words
fails() {
	step=$1 words=$2; shift 2
	if said=$(call "$@" 2>&1 </dev/null) && [ -z "$said" ]; then
		wrong "$step" "$*: succeeds, expected: $words"
	else
		case $said in
		*"$words"*) ;;
		*) wrong "$step" "$*: $said, expected: $words" ;;
		esac
	fi
}
# may STEP COMMAND...: whatever it answers is right
may() {
	step=$1; shift
	call "$@" >/dev/null 2>&1 </dev/null || echo "step $step: $*: fails, which it may"
}
# says STEP WORDS COMMAND...: must print these words
says() {
	step=$1 words=$2; shift 2
	said=$(call "$@" 2>&1 </dev/null)
	[ "$said" = "$words" ] || wrong "$step" "$*: $said, expected: $words"
}
# lists STEP DIRECTORY NAME...: must have these names and no others
lists() {
	step=$1 directory=$2; shift 2
	said=$($caller ls -A -I lost+found "$directory" 2>&1)
	words=$([ $# -eq 0 ] || printf '%s\n' "$@")
	[ "$said" = "$words" ] || wrong "$step" "ls $directory:
$said
expected:
$words"
}
# holds STEP FILE OFFSET LENGTH MD5: must have these bytes there
holds() {
	sum=$($caller tail -c "+$(($3 + 1))" "$2" 2>&1 | head -c "$4" | md5sum | cut -d ' ' -f 1)
	[ "$sum" = "$5" ] && return
	wrong "$1" "$2 has other bytes in $4 from $3:"
	od -A d -t x1 -j "$3" -N "$4" "$2" 2>&1 | head -n 20
}
# flags STEP LETTERS FILE: must have these flags of chattr and no others that it could have here
flags() {
	said=$(lsattr -d "$3" 2>&1 | cut -d ' ' -f 1 | tr -cd SDiadAj)
	[ "$said" = "$2" ] || wrong "$1" "lsattr $3: $said, expected: $2"
}
drop_caches() {
	echo "$1" >/proc/sys/vm/drop_caches
}`;
