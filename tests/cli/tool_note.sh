#!/bin/sh
# Goal of this test: `detente tool note` signs, cosigns, verifies and judges as the specifications' examples say, refuses with
# the rule and the exit status that the manual promises, prints nothing that did not verify, and overwrites no key.
#
# usage: tool_note.sh DETENTE
set -u
detente=$1
here=$(mktemp -d) || exit 1
trap 'rm -rf "$here"' EXIT
cd "$here" || exit 1
number=0
failed=0

# report NAME STATUS EXPECTED
report()
{
	number=$((number + 1))
	if [ "$2" -eq "$3" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1 (status $2)"
		sed 's/^/# /' err
		failed=1
	fi
}

# check NAME STATUS COMMAND...: runs the command and compares its exit status; what it prints is kept in `out` and `err`.
check()
{
	name=$1
	expected=$2
	shift 2
	"$@" >out 2>err
	report "$name" $? "$expected"
}

# same NAME FILE: the last command printed the file. silent NAME: it printed nothing. says NAME TEXT: its one line of error
# holds the text.
same()
{
	cmp -s "$2" out
	report "$1" $? 0
}
silent()
{
	test ! -s out
	report "$1" $? 0
}
says()
{
	grep -qF -- "$2" err && [ "$(wc -l <err)" -eq 1 ]
	report "$1" $? 0
}
note()
{
	"$detente" tool note "$@"
}

foo=example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
peter=PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW
printf 'This is an example message.\n' >foo.text
{
	printf 'This is an example message.\n\n— example.com/foo '
	echo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
} >foo.note
sed 's/an example/no example/' foo.note >changed.note
echo PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz >peter.key
printf "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n" >peter.text
{
	cat peter.text
	printf '\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
} >peter.note
printf 'a.example/log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n' >checkpoint

check "the specification's example verifies" 0 note verify -k $foo foo.note
same "and its text is printed" foo.text
echo $foo >foo.vkey
check "the key may come from a file, the note from a pipe" 0 sh -c '"$1" tool note verify -K foo.vkey <foo.note' - "$detente"
same "with the same text" foo.text
check "changed text does not verify" 1 note verify -k $foo changed.note
silent "and is not printed"
says "which is said with its rule" crypto.signature
check "nor with a signature by another" 1 note verify -k $peter foo.note
says "and who did sign is said" "it is by example.com/foo+530d903a"
check "what is no note is refused" 1 note verify -k $foo foo.text
says "as such" note.form
check "a key that is none is refused" 1 note verify -k example.com/foo+530d903a foo.note
says "as such" note.vkey

check "Go's example key signs" 0 note sign -k peter.key peter.text
same "and makes Go's example note" peter.note
check "a text without its last line feed is not signed" 1 sh -c 'printf x | "$1" tool note sign -k peter.key' - "$detente"
silent "nothing is printed then"

check "a log's key" 0 note keygen -o log.key a.example/log
cp out log.vkey
check "which only its owner may read" 0 test "$(stat -c %a log.key)" = 600
cp log.key log.copy
check "and which is not overwritten" 1 note keygen -o log.key a.example/log
check "not at all" 0 cmp log.key log.copy
check "a cosigner's key" 0 note keygen -c w.example
cp out w.key
cp err w.vkey
check "a name with a space is no name" 1 note keygen 'w example'
says "says the rule" note.key-name
check "the log signs" 0 note sign -k log.key checkpoint
cp out log.note
check "the cosigner cosigns" 0 note sign -k w.key -a log.note
cp out cosigned.note
check "the log's signature verifies" 0 note verify -K log.vkey cosigned.note
same "over the checkpoint" checkpoint
check "the cosignature verifies" 0 note verify -K w.vkey cosigned.note
says "and says when" "cosigned at 2"
check "a cosigner cosigns checkpoints only" 1 note sign -k w.key foo.text

printf 'log %s\nwitness w %s\nquorum w\n' "$(cat log.vkey)" "$(cat w.vkey)" >policy
check "the policy accepts what both signed" 0 note policy -p policy cosigned.note
echo 'accepted a.example/log 1 CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=' >verdict
same "and says what" verdict
check "it refuses what the log alone signed" 1 note policy -p policy log.note
says "by name" note.policy-quorum
echo 'quorum most' >broken
check "a broken policy is refused" 1 note policy -p broken cosigned.note
says "with the line" "line 1: "

printf 'a\033[31mb\n' >escape
check "no control character is signed" 1 note sign -k log.key escape
check "a file that is not there" 4 note verify -k $foo nothing.note
check "a disk that is full" 4 sh -c '"$1" tool note sign -k log.key checkpoint >/dev/full' - "$detente"
check "help" 0 note --help
check "help of a subcommand" 0 note verify --help
check "no subcommand" 2 note
check "an unknown subcommand" 2 note check
says "in one line" "see 'detente tool note --help'"
check "an unknown option" 2 note verify -z
check "an option without its value" 2 note verify -k
check "no key" 2 note verify foo.note
check "two keys" 2 note verify -k $foo -K foo.vkey foo.note
check "two files" 2 note verify -k $foo foo.note foo.note
check "no policy" 2 note policy cosigned.note
check "key and text both from standard input" 2 note sign -k -
echo "1..$number"
exit $failed
