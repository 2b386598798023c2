# What the scenarios share: a folder of their own ($T), parties' homes below it, checks that print TAP, and an end, however it
# comes, after which no process and no file of theirs is left. A scenario sources this first and ends with `done_testing`.
#
# The programs are those of the build folder that DETENTE_BUILD names.

set -u
export LC_ALL=C.UTF-8
unset DETENTE_HOME
SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${DETENTE_BUILD:?the build folder}
DETENTE=$BUILD/detente
T=$(mktemp -d /tmp/detente-scenario-XXXXXX)
# A loopback address of its own for each scenario, so that no two that run at once meet.
HOST=127.$((1 + $$ / 62500 % 250)).$((1 + $$ / 250 % 250)).$((1 + $$ % 250))
checks=0 failures=0 finished=
out= err= status=

# ---- processes ----

# The ids of the processes of the node whose home is $1 (no home's name begins with another's), or of all below $T.
processes() {
	local file
	for file in $(grep -lsF -f <(printf '%s\n' "${1:-$T/}") /proc/[0-9]*/cmdline); do
		file=${file#/proc/}
		[[ ${file%/*} == "$$" ]] || echo "${file%/*}"
	done
}

# role ROLE HOME: the id of its node's supervisor, keeper or link.
role() {
	local id parent found all
	all=$(processes "$2")
	for id in $all; do
		parent=$(sed -n 's/^PPid:\t//p' "/proc/$id/status" 2>/dev/null)
		found=keeper
		grep -q link "/proc/$id/comm" 2>/dev/null && found=link
		[[ $found == keeper && $'\n'$all$'\n' != *$'\n'$parent$'\n'* ]] && found=supervisor
		[[ $found == "$1" ]] && echo "$id"
	done
	return 0
}

# Waits until a condition holds, at most PATIENCE or ten seconds.
await() {
	local end=$((SECONDS + ${PATIENCE:-10}))
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.02
	done
}

# Whether processes are gone, with all their threads: one that was killed may still be writing when its first thread is not.
gone() {
	local id
	for id; do
		[[ ! -d /proc/$id ]] || { grep -qs '^State:.Z' "/proc/$id/status" && [[ $(echo /proc/"$id"/task/*) == "/proc/$id/task/$id" ]]; } ||
			return 1
	done
}

# Kills every process of a home at once.
kill_node() {
	local ids
	mapfile -t ids < <(processes "$1")
	((${#ids[@]} == 0)) || kill -KILL "${ids[@]}" 2>/dev/null
	await gone "${ids[@]}"
}

at_end() {
	local result=$?
	trap - EXIT INT TERM
	kill_node "$T/"
	if declare -F clean_up >/dev/null; then clean_up; fi
	[[ -n ${DETENTE_KEEP:-} ]] && echo "# kept: $T" || rm -rf "$T"
	if [[ -z $finished ]]; then
		echo "Bail out! the scenario ended early"
		result=1
	fi
	exit "$result"
}
trap at_end EXIT
trap 'exit 1' INT TERM

# ---- checks ----

report() { # GOOD NAME
	checks=$((checks + 1))
	if [[ $1 == 0 ]]; then
		echo "ok $checks - $2"
		return 0
	fi
	failures=$((failures + 1))
	echo "not ok $checks - $2"
	printf '%s\n' "${last:-}" "status: $status" "out: $out" "err: $err" | head -n 40 | sed 's/^/# /'
	return 1
}

# check NAME COMMAND...: the command succeeds.
check() {
	local name=$1
	shift
	"$@"
	report $? "$name"
}

skip() { # NAME WHY
	checks=$((checks + 1))
	echo "ok $checks - $1 # SKIP $2"
}

done_testing() {
	if [[ -n ${DETENTE_SANITIZED-} ]]; then
		last= status= out='' err=$(grep -hE -A 20 'Sanitizer|runtime error' "$T"/*/node.log)
		[[ -z $err ]]
		report $? "the sanitizers had nothing to say of the nodes"
	fi
	echo "1..$checks"
	finished=yes
	((failures == 0))
	exit
}

skip_all() { # WHY
	echo "1..0 # SKIP $1"
	finished=yes
	exit 0
}

# run COMMAND...: what it says is in $out and $err, how it ends in $status.
run() {
	last="$*"
	"$@" >"$T/.out" 2>"$T/.err" </dev/null
	status=$?
	out=$(tr -d '\0' <"$T/.out") err=$(tr -d '\0' <"$T/.err")
	return 0
}

as() { # PARTY ARGUMENTS...: detente for that party
	local home=$T/$1
	shift
	run "$DETENTE" --home "$home" "$@"
}
a() { as a "$@"; }
b() { as b "$@"; }

done_with() { # STATUS NAME: the last command ended so
	[[ $status == "$1" ]]
	report $? "$2"
}

# refused STATUS NAME WORDS: it ended so, printed nothing, and its one line of error holds the words (a glob), or with WORDS
# "[a.rule]" names that rule.
refused() {
	local words=$3
	[[ $words =~ ^\[([a-z.-]+)\]$ ]] && words="[[]${BASH_REMATCH[1]}[],]"
	# shellcheck disable=SC2053
	[[ $status == "$1" && -z $out && $err != *$'\n'* && $err == *$words* ]]
	report $? "$2"
}

like() { # NAME TEXT GLOB
	# shellcheck disable=SC2053
	[[ $2 == *$3* ]] || { last="wanted: $3 in: $2"; report 1 "$1"; return 1; }
	report 0 "$1"
}

same() { # NAME GOT WANTED
	[[ $2 == "$3" ]] || { last="got: $2, wanted: $3"; report 1 "$1"; return 1; }
	report 0 "$1"
}

# relay COMMAND...: a program's lines "ok NAME" and "not ok NAME" become checks of ours, its others notes.
relay() {
	local line
	last=$* status='' out='' err=''
	while IFS= read -r line; do
		case $line in
		"ok "*) report 0 "${line#ok }" ;;
		"not ok "*) report 1 "${line#not ok }" ;;
		*) echo "# $line" ;;
		esac
	done < <("$@" 2>&1 || echo "not ok ${2##*/} came to its end")
}

# A Python expression over $out, which is JSON, as `d`.
json() {
	/usr/bin/python3 -c 'import json, sys; d = json.loads(sys.argv[1]); print(eval(sys.argv[2]))' "$out" "$1" 2>&1
}

# ---- parties ----

free_port() {
	/usr/bin/python3 -c 'import socket, sys; s = socket.socket(); s.bind((sys.argv[1], 0)); print(s.getsockname()[1])' "$HOST"
}

must() { # what the scenario itself stands on
	run "$@"
	[[ $status == 0 ]] && return
	printf '# %s\n' "$last" "status $status" "$out" "$err"
	exit 1
}

declare -A places=() # where a party listens and is to be found, if not on a free port: options of init
members=()
drafting=() # further options of agree draft
signing=()  # of agree sign and agree adopt

# init PARTY-NAME...: homes $T/a for a.example and so on, listening on free ports, with an agreement in force.
parties() {
	local party other
	members=("$@")
	for party; do
		# word by word: options
		# shellcheck disable=SC2086
		must "$DETENTE" --home "$T/$party" init "$party.example" ${places[$party]:---listen "$HOST:$(free_port)"}
		must "$DETENTE" --home "$T/$party" card
		printf '%s\n' "$out" >"$T/$party.card"
		must "$DETENTE" --home "$T/$party" card --fingerprint
		printf '%s\n' "$out" >"$T/$party.digits"
	done
	for party; do
		for other; do
			[[ $party == "$other" ]] || must "$DETENTE" --home "$T/$party" card accept "$T/$other.card" \
				--digits "$(cat "$T/$other.digits")" --by "An Officer" --how "in person"
		done
	done
	local cards=("${@/#/$T/}")
	must "$DETENTE" agree draft "${cards[@]/%/.card}" "${drafting[@]}"
	printf '%s\n' "$out" >"$T/agreement"
	for party; do
		must "$DETENTE" --home "$T/$party" agree sign "$T/agreement" "${signing[@]}"
		printf '%s\n' "$out" >"$T/agreement"
	done
	for party; do
		must "$DETENTE" --home "$T/$party" agree adopt "$T/agreement" "${signing[@]}"
	done
}

# behind_relay PARTY...: before they are made: all that call a party come over lines of relay.py, PARTY, the first address of its
# card, and PARTY2, the second, which is closed.
behind_relay() {
	local party target first second lines=()
	for party; do
		target=$HOST:$(free_port) first=$HOST:$(free_port) second=$HOST:$(free_port)
		lines+=("$party=$first=$target" "${party}2=$second=$target")
		places[$party]="--listen $target --address https://$first --address https://$second"
	done
	coproc RELAY { exec /usr/bin/python3 "$SOURCE/tests/scenarios/relay.py" "${lines[@]}"; }
	for party; do
		line "${party}2" close
	done
}
said=
line() { # NAME COMMAND: tells the relay; its answer is in $said
	echo "$*" >&"${RELAY[1]}" && read -r -t 10 said <&"${RELAY[0]}" && [[ $said != "no such"* ]] || exit 1
}

serve() { # PARTY... [--OPTION]
	local party
	for party; do
		must "$DETENTE" --home "$T/$party" serve --detach
	done
}

stop() { # PARTY...
	local party
	for party; do
		must "$DETENTE" --home "$T/$party" stop
	done
}

# All logs as a party holds them: size and root.
held() {
	as "$1" status --json
	grep -o '"log":"[^"]*","size":[0-9]*,"root":"[^"]*"' "$T/.out"
}

size() { # PARTY LOG-OF: how much of the log of LOG-OF it holds
	as "$1" status --json
	sed -n "s/.*\"log\":\"$2.example[^\"]*\",\"size\":\([0-9]*\),.*/\1/p" "$T/.out"
}

# Waits until running nodes have each other's receipts for all that they wrote, and hold the same.
settle() {
	local before now party other own
	while :; do
		before=$(held "$1")
		for party; do
			own=$(size "$party" "$party")
			for other; do
				[[ $party == "$other" || $own == 0 ]] || must "$DETENTE" --home "$T/$party" receipt "$party.example/$((own - 1))" \
					--by "$other.example" --wait 20
			done
		done
		now=$(for party; do [[ $(held "$party") == "$before" ]] || echo "$party"; done)
		[[ -z $now ]] && return
	done
}

# Exports of all parties, $T/NAME.a, $T/NAME.b ..., have the same logs, byte for byte, and all are proved.
records_agree() { # NAME [apart: a mirror that was restored has cosigned anew, so cosignatures may differ, and so may evidence of forks]
	local party other
	for party in "${members[@]}"; do
		as "$party" export "$T/$1.$party"
		done_with 0 "$1: $party exports"
		run "$DETENTE" verify "$T/$1.$party"
		done_with 0 "$1: $party's record is proved"
	done
	for other in "${members[@]:1}"; do
		if [[ ${2-} == apart ]]; then
			check "$1: the records of $members and $other are the same, byte for byte" \
				diff -r --exclude=checkpoint --exclude=forks "$T/$1.$members" "$T/$1.$other"
			for party in "${members[@]}"; do
				check "$1: $party's checkpoint is the same" diff <(head -n 5 "$T/$1.$members/logs/$party.example/checkpoint") \
					<(head -n 5 "$T/$1.$other/logs/$party.example/checkpoint")
			done
		else
			check "$1: the records of $members and $other are the same, byte for byte" diff -r "$T/$1.$members" "$T/$1.$other"
		fi
	done
}

# ---- exercises, with a clock of their own ----

# Parties in a drill over the mechanisms MECHANISMS, whose clocks stand at nine on a Monday; nodes that run.
exercise() { # PARTY...
	local party mechanism
	drafting=(--drill --made 2026-01-01T00:00:00Z)
	for mechanism in $MECHANISMS; do
		drafting+=(--mechanism "$mechanism")
	done
	parties "$@"
	for party; do
		must "$DETENTE" --home "$T/$party" drill-clock 2026-01-05T09:00:00Z
	done
	serve "$@"
}
later() { # DURATION: for everybody
	local party
	for party in "${members[@]}"; do
		must "$DETENTE" --home "$T/$party" drill-clock "+$1"
	done
}

# What a party writes: it is received, and where there are three, it counts with each of them before anybody goes on.
# Its place is in $place; $out and $err are the command's.
place=
says() { # PARTY NAME ARGUMENTS... (without send, answer)
	local party=$1 name=$2 verb=send
	shift 2
	[[ $1 == *.example/* ]] && verb=answer
	as "$party" $verb "$@" --wait 20
	place=${out%%$'\n'*}
	like "$name" "$out" "$party.example/[0-9]*received "
	local said=$out told=$err other
	for other in "${members[@]}"; do
		[[ ${#members[@]} == 2 || $other == "$party" ]] || await counts "$other" "$place"
	done
	out=$said err=$told
}
counts() { # PARTY ENTRY: it is there, and judged
	as "$1" show "$2"
	[[ $out == *"verdict      valid"* ]]
}

# All hold the same, and come to the same.
alike() { # NAME
	local party digest
	settle "${members[@]}"
	as "${members[0]}" status --json
	digest=$(json 'd["state_digest"]')
	for party in "${members[@]:1}"; do
		as "$party" status --json
		same "$1: $party comes to the same state as $members" "$(json 'd["state_digest"]')" "$digest"
	done
}

# owes PARTY ENTRY GLOB NAME: of what is owed by anybody, as PARTY sees it, a line of that entry is like that.
owes() {
	as "$1" obligations --all
	local lines
	lines=$(grep -F "$2 " "$T/.out" || grep -F "$2" "$T/.out")
	like "$4" "$lines" "$3"
}
