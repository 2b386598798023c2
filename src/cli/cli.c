#include "cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "crypto.h"
#include "help.h"
#include "language.h"
#include "sizes.h"
#include "tool_age.h"
#include "tool_note.h"
#include "tool_commit.h"
#include "tool_tree.h"

static const struct cli_option none[] = {{NULL, NULL, NULL}};

static const struct cli_option init_options[] = {
	{"listen", "HOST:PORT", W("where the node listens; without it the party only calls out")},
	{"address", "URL", W("https://HOST:PORT/PATH by which others reach it (default: what --listen says); "
		"may repeat")},
	{"desk", "NAME", W("a desk (default: duty); may repeat")},
	{"language", "TAG", W("a language that the desks read, best first (default: en); may repeat")},
	{"severity", "WORD", W("the party's own severity scale (default: none)")},
	{"hours", "FILE", W("the desks' duty and working hours, as lines of the card")},
	{NULL, NULL, NULL}};
static const struct cli_option card_options[] = {{"fingerprint", NULL, W("only the 40 digits")}, {NULL, NULL, NULL}};
static const struct cli_option accept_options[] = {
	{"digits", "DIGITS", W("the 40 digits that the other side read out; not needed again for a newer card "
		"of the same identity")},
	{"by", "NAME", W("who compared them")},
	{"how", "TEXT", W("how: in person, by telephone and a known voice")},
	{"replace", NULL, W("the card is of a new identity, checked afresh")},
	{NULL, NULL, NULL}};
static const struct cli_option update_options[] = {
	{"listen", "HOST:PORT", W("where the node takes calls from now on")},
	{"address", "URL", W("https://HOST:PORT by which others reach it (default: as --listen); may repeat")},
	{"desk", "NAME", W("a desk more; may repeat")},
	{"without-desk", "NAME", W("a desk less; may repeat")},
	{"language", "TAG", W("the languages that the desks read, best first, in place of those before; may repeat")},
	{"severity", "WORD", W("the party's own severity scale")},
	{"hours", "FILE", W("the desks' duty and working hours, as lines of the card, in place of those before")},
	{"new-sealing", NULL, W("make the desks' sealing keys anew, as is due each month")},
	{"new-tls", NULL, W("make a new TLS key")},
	{"new-keys", NULL, W("make all working keys anew: of desks, log, mirror and node")},
	{"new-identity", "FILE", W("make a new identity key, into a new file; the one before signs the card, too")},
	{"identity", "FILE", W("the identity key so far (default: identity.key in the party's folder)")},
	{"now", NULL, W("change over at once; default: when every other party has the new card")},
	{NULL, NULL, NULL}};
static const struct cli_option restore_options[] = {
	{"card", "FILE", W("a party's card, the one that the agreement names; once for each party, our own too")},
	{"newest", "FILE", W("our newest card, where it is of another identity than the agreement's")},
	{"identity", "FILE", W("the identity key, kept elsewhere")},
	{"listen", "HOST:PORT", W("where the node takes calls")},
	{"address", "URL", W("https://HOST:PORT by which others reach it (default: as --listen, or the old "
		"ones); may repeat")},
	{"serial", "N", W("the new card's serial (default: the next after the agreement's card)")},
	{"mechanism", "M", W("a mechanism file that is not shipped; may repeat")},
	{NULL, NULL, NULL}};
static const struct cli_option draft_options[] = {
	{"mechanism", "M", W("a mechanism: a file, or the name of a shipped one (default: all that are "
		"shipped); may repeat; agreement, party and record always are")},
	{"clock", "NAME=TIME", W("a clock that differs from the mechanism's proposal, such as flash=10m, or "
		"report=24h/working by working hours; may repeat")},
	{"succeeds", "FILE", W("the agreement in whose place it comes: its first text")},
	{"limit", "NAME=NUMBER", W("a limit other than the usual: log (bytes of a party's log, 16 GiB), "
		"attachment (64 MiB); may repeat")},
	{"witness", "FILE", W("a witness: a file with its line, or the line, as 'witness init' printed it; may repeat")},
	{"demand-witnesses", "N", W("how many witnesses a receipt needs (default: 0)")},
	{"title", "TEXT", W("what the agreement is called")},
	{"drill", NULL, W("an exercise: its own keys and log, nothing of it is real")},
	{"made", "TIME", W("of an exercise: when it is made, by its own clock (default: now)")},
	{NULL, NULL, NULL}};
static const struct cli_option amend_options[] = {
	{"mechanism", "M", W("a mechanism to add, or in the place of the one of its name; may repeat")},
	{"clock", "NAME=TIME", W("a clock that changes; may repeat")},
	{"limit", "NAME=NUMBER", W("a limit that changes: log, attachment, openings; may repeat")},
	{"witness", "FILE", W("a witness: a file with its line, or the line, as 'witness init' printed it; may repeat")},
	{"without-witness", "NAME", W("a witness less; may repeat")},
	{"demand-witnesses", "N", W("how many witnesses a receipt needs from now on")},
	{"title", "TEXT", W("what the agreement is called from now on")},
	{NULL, NULL, NULL}};
static const struct cli_option sign_options[] = {
	{"identity", "FILE", W("the identity key (default: identity.key in the party's folder)")},
	{"mechanism", "M", W("a mechanism file that is not shipped; may repeat")},
	{NULL, NULL, NULL}};
static const struct cli_option adopt_options[] = {
	{"mechanism", "M", W("a mechanism file that is not shipped; may repeat")}, {NULL, NULL, NULL}};
static const struct cli_option serve_options[] = {
	{"detach", NULL, W("return when the node is up, and leave it running; it logs to node.log in the "
		"party's folder")},
	{"without-mirrors", NULL, W("sign even if no mirror can be compared with after an unclean stop")},
	{NULL, NULL, NULL}};
static const struct cli_option send_options[] = {
	{"to", "DESK", W("PARTY/DESK; may repeat")},
	{"from", "DESK", W("which desk of ours writes (default: the only one)")},
	{"matter", "ENTRY", W("the matter that it belongs to, by its opening entry (default: a new one)")},
	{"re", "ENTRY", W("the entry that it answers")},
	{"tlp", "MARK", W("CLEAR, GREEN, AMBER, AMBER+STRICT or RED (default: AMBER)")},
	{"attach", "FILE", W("a file that goes with it, sealed to the same desks; may repeat, 31 at most")},
	{"courtesy", "LANG:FIELD=TEXT", W("a courtesy translation of one sealed field, or LANG:FIELD=@FILE; not "
		"authoritative; may repeat, 10 at most")},
	{"transcribed", NULL, W("it came by another way (fax, voice, paper) and is entered here, and says so")},
	{"wait", "SECONDS", W("how long to wait for receipts (default: 5; 0: without a node, nobody is called)")},
	{"without-mirrors", NULL, W("write even if this home was not closed cleanly and nobody can be asked")},
	{NULL, NULL, NULL}};
static const struct cli_option inbox_options[] = {
	{"all", NULL, W("also what we answered")},
	{"limit", "N", W("the newest N (default: 100)")},
	{"wait", "SECONDS", W("how long to let the line work first, without a node, too (default: 0)")},
	{"json", NULL, W("as JSON")},
	{NULL, NULL, NULL}};
static const struct cli_option show_options[] = {
	{"raw", NULL, W("the signed note itself")},
	{"print", NULL, W("pages for A4 in plain text, with the entry's 40 digits and what proves it")},
	{"save", "DIR", W("its attachments, opened, into that folder; no file is written over")},
	{"wait", "SECONDS", W("how long to let the line work first, without a node, too (default: 0)")},
	{"json", NULL, W("as JSON")},
	{NULL, NULL, NULL}};
static const struct cli_option status_options[] = {
	{"wait", "SECONDS", W("how long to let the line work first, without a node, too (default: 0)")},
	{"json", NULL, W("as JSON")},
	{NULL, NULL, NULL}};
static const struct cli_option search_options[] = {
	{"limit", "N", W("the newest N (default: 100)")}, {"json", NULL, W("as JSON")}, {NULL, NULL, NULL}};
static const struct cli_option timeline_options[] = {
	{"at", "DATE", W("up to the end of 2014, 2014-05 or 2014-05-19, or a time YYYY-MM-DDTHH:MM:SSZ "
		"(default: now)")},
	{"limit", "N", W("the newest N lines (default: 200)")},
	{"json", NULL, W("as JSON")},
	{NULL, NULL, NULL}};
static const struct cli_option matters_options[] = {
	{"all", NULL, W("settled ones too, of the newest 20,000 entries of each log")},
	{"limit", "N", W("at most N (default: 200)")},
	{"json", NULL, W("as JSON")},
	{NULL, NULL, NULL}};
static const struct cli_option obligations_options[] = {
	{"mine", NULL, W("only what we owe")},
	{"theirs", NULL, W("only what others owe")},
	{"all", NULL, W("what is answered or withdrawn, too, of the newest 20,000 entries of each log")},
	{"limit", "N", W("at most N, the most urgent (default: 200)")},
	{"json", NULL, W("as JSON")},
	{NULL, NULL, NULL}};
static const struct cli_option compare_options[] = {
	{"limit", "N", W("at most N matters (default: 200)")},
	{"json", NULL, W("as JSON")},
	{NULL, NULL, NULL}};
static const struct cli_option json_option[] = {{"json", NULL, W("as JSON")}, {NULL, NULL, NULL}};
static const struct cli_option picture_options[] = {
	{"svg", "FILE", W("as a drawing (SVG), for a screen and for paper, into a new file; -: standard output")},
	{"json", NULL, W("as JSON")},
	{NULL, NULL, NULL}};
static const struct cli_option ladder_options[] = {
	{"result", "TEXT", W("what came of the rung of that number")},
	{"party", "PARTY", W("whose rung (default: of all who owe something under the entry)")}, {NULL, NULL, NULL}};
static const struct cli_option watch_options[] = {
	{"from", "N", W("from event N on; without it, what happens from now on")},
	{"words", NULL, W("in sentences, for people; default: a line of JSON each")}, {NULL, NULL, NULL}};
static const struct cli_option receipt_options[] = {
	{"by", "PARTY", W("whose receipt (default: the party of the first recipient)")},
	{"wait", "SECONDS", W("how long to wait for it where it is not here yet (default: 0)")},
	{"policy", NULL, W("instead, the policy by which receipts of that log are verified")},
	{NULL, NULL, NULL}};
static const struct cli_option publish_options[] = {
	{"field", "NAME", W("open this sealed field only; may repeat (default: the whole entry); of one of several entries: "
		"ENTRY:NAME")},
	{"closed", "ENTRY", W("of several: leave what is sealed in this one closed; may repeat")},
	{"with-keys", NULL, W("also for one entry: a file that is verified by itself, with the agreement and the cards")},
	{"fork", "PARTY", W("instead of an entry: the evidence that this party signed two histories of its log")},
	{NULL, NULL, NULL}};
static const struct cli_option export_options[] = {
	{"latest", NULL, W("up to the newest checkpoint held, even if not every party cosigned it")}, {NULL, NULL, NULL}};
static const struct cli_option courier_out_options[] = {
	{"to", "PARTY", W("whom it is for")},
	{"split", "SIZE", W("parts FILE.001, FILE.002 ... of at most so many bytes; 4M is 4 MiB, K and G likewise")},
	{"whole", NULL, W("everything that is held, also of their own log: for a party that lost something")},
	{NULL, NULL, NULL}};
static const struct cli_option courier_in_options[] = {
	{"without-mirrors", NULL, W("sign even if this home was not closed cleanly and no node runs")},
	{NULL, NULL, NULL}};
static const struct cli_option verify_options[] = {
	{"record", "DIR", W("an exported record whose public keys are used")},
	{"trust", "PARTY=DIGITS", W("the fingerprint of a party's card, which you vouch for; may repeat")},
	{"state", "TIME", W("of a record that is proved, the state that it comes to at that time "
		"(YYYY-MM-DDTHH:MM:SSZ), and its digest")},
	{"json", NULL, W("as JSON")},
	{NULL, NULL, NULL}};
static const struct cli_option mechanism_options[] = {{"table", NULL, W("forms and fields as tables in Markdown")},
	{"json", NULL, W("as JSON")}, {NULL, NULL, NULL}};

static const struct cli_option witness_init_options[] = {
	{"listen", "HOST:PORT", W("where the witness listens")},
	{"address", "URL", W("https://HOST:PORT/PATH by which parties reach it (default: what --listen says)")},
	{NULL, NULL, NULL}};
static const struct cli_option witness_serve_options[] = {
	{"detach", NULL, W("return when the witness is up, and leave it running; it logs to node.log in its folder")},
	{NULL, NULL, NULL}};

static const char *const witness_more[] = {
	W("A witness is a home of its own, of somebody who is no party. It cosigns sizes and roots of the parties' logs and sees no entries."),
	W("What is printed: its key, and the line that names it in an agreement ('agree draft --witness FILE')."), NULL};
static const char *const witness_add_more[] = {
	W("AGREEMENT is a first text that all parties signed, each CARD the one that it names, or a newer one of the same party, signed by its identity."),
	W("As a witness sees no entries, it learns of a new log key by the card that brings it."), NULL};
static const char *const send_more[] = {
	W("A field is KEY=VALUE, or KEY=@FILE for a file's content (KEY=@@TEXT for a value that begins with "
		"'@')."),
	W("'detente mechanism show NAME' lists forms and fields."),
	W("The first line printed is the entry's name; then a line 'received PARTY TIME' for each receipt that "
		"comes in time."),
	W("Exit status 0 says that it is stored here."),
	NULL};
static const char *const restore_more[] = {
	W("For a party that lost its whole home and kept its identity key."),
	W("Makes a home with new working keys and a card that follows the old one; when the others have "
		"accepted that card, the node regains its own log and theirs from their mirrors, and signs "
		"nothing before."),
	W("What was sealed to the lost keys stays closed."),
	W("An export of any party has the agreement, the cards and the mechanisms."),
	NULL};
static const char *const drill_more[] = {
	W("Where every agreement of the home is a drill ('agree draft --drill'), the home may live at another "
		"time: TIME is YYYY-MM-DDTHH:MM:SSZ; from then on its clock runs as the real one does. +90d or "
		"+8h moves it forward; it never goes back."),
	W("It is kept, and holds for all commands, with and without a node; real agreements refuse it, and are "
		"refused while it runs."),
	W("'off' returns to real time, where the exercise's is not later."),
	NULL};
static const char *const amend_more[] = {
	W("'agree text > T', 'agree amend T ... > T2', 'send agreement/propose --to DESK... text=@T2'; then "
		"every party: 'agree text ENTRY > T2', 'agree sign T2 > S', 'answer ENTRY agreement/sign "
		"text=@S'."),
	W("The amendment governs what is written in the knowledge of all signatures."),
	W("Until then a party may take its own back: 'answer ITS-SIGNATURE agreement/release'."),
	NULL};
static const char *const update_more[] = {
	W("Makes a card with the next serial, signed by the identity key, and enters it in the log of every "
		"agreement."),
	W("The others then know both cards; the node listens and shows its TLS key as before until all of them "
		"have it, so nothing is lost on the way."),
	W("--now alone ends the wait."),
	W("Old keys stay: what was sealed to them is still read."),
	NULL};
static const char *const search_more[] = {
	W("Looks through the whole record, the newest entries first, in places, forms, desks, open fields, and "
		"sealed fields that are opened for it: nothing of these is kept in the clear."),
	W("Case does not count, nor full and half width; accents do."),
	W("A WORD may hold spaces ('detente search \"clearing switch\"'), and may be part of one."),
	NULL};
static const char *const matters_more[] = {
	W("Open matters: something is owed in them, or somebody stands somewhere."),
	W("With MATTER, its opening entry, that one: each party's own position on each version and the joint "
		"one, the parts of an exchange, and what is owed."),
	NULL};
static const char *const obligations_more[] = {
	W("The most urgent first: overdue, then open by what is due, then what has not reached its party, which "
		"is a measured fact and no breach; then what is owed every so often."),
	W("A clock begins with the first cosignature of its party over the entry, as its own record/received "
		"tells it, or the sender's record/receipt."),
	NULL};
static const char *const compare_more[] = {
	W("Whether the others came to the same state from the same entries; then, matter by matter and text by "
		"text, who stands where: what is common ground, and what is not."),
	NULL};
static const char *const picture_more[] = {
	W("How each party answered each other, of the newest 20,000 entries of each log; what stands, and what is owed every so "
		"often and was missed."),
	W("Measures by sector, those that nobody reviewed in time, dialogues that sleep, texts past their review date; which "
		"entry answers which, across matters; levels over time; who stands where, text by text."),
	W("Swap the parties, and the numbers are swapped, and nothing else."),
	NULL};
static const char *const brief_more[] = {
	W("With its marking, the greatest of its entries: what it is about, who stands where, who owes an answer and by when, the "
		"newest entries, what falls due next, and what is not known here."),
	NULL};
static const char *const timeline_more[] = {
	W("A line for each entry that opened a matter or stated a position, in the order of time; dated facts "
		"at their date."),
	W("Then, side by side: the channels that the parties founded, and how they stand; and the mechanisms "
		"that the text says survive whatever is suspended."),
	W("It says nothing of what anyone would have answered."),
	NULL};
static const char *const ladder_more[] = {
	W("ENTRY is one of ours that others owe an answer to."),
	W("Shows which rungs of the ladder (HOME/ladder, see detente.1) were due, when, with what result, and "
		"which come."),
	W("'detente ladder ENTRY RUNG --result TEXT' enters what came of one."),
	W("It stays in this house, and says nothing of why the other side is silent."),
	NULL};
static const char *const watch_more[] = {
	W("Prints a line of JSON for each event, with its number, as it happens, until it is interrupted or the "
		"node stops; '--from N' goes on where another watch ended."),
	W("Without a node it prints what there is."),
	W("Exit status 0: all was told."),
	NULL};
static const char *const courier_out_more[] = {
	W("Without a network: what the other party lacks, as far as its own words tell that came here, goes "
		"into FILE, which somebody carries there."),
	W("A file that is lost is no harm: the next one carries all of it again."),
	W("Its open lines and all addresses can be read by who carries it; what is sealed stays sealed."),
	NULL};
static const char *const courier_in_more[] = {
	W("Takes in files that 'detente courier out' made, in any order, also twice; of a file in parts all "
		"parts at once."),
	W("Only what its logs' signatures prove is taken."),
	W("What came in is answered by the next file that goes out."),
	NULL};
static const char *const publish_more[] = {
	W("Several entries come as one file, with the agreement, the cards, and the mechanisms that they are written by: a "
		"stranger verifies it with nothing else."),
	W("Of several, --field NAME is opened in every sealed one."),
	W("One entry is opened as it stands, to be verified beside an exported record."),
	NULL};
static const char *const verify_more[] = {
	W("WHAT is an exported record (a folder), an opened entry, an entry and its receipt (two files), or a "
		"published file or a fork's evidence, which need no record beside them."),
	W("Needs public keys only."),
	W("Says what is proved, what is not, and whom it trusts."),
	W("Exit status 0: proved."),
	NULL};

static const struct cli_command commands[] = {
	{"init", "NAME", W("make a party's folder: keys, card, configuration"), NULL, 1, 1, init_options, run_init},
	{"card", "[PARTY]", W("print our card, or another party's newest one, and its fingerprint"),
		NULL, 0, 1, card_options,
		run_card},
	{"card accept", "FILE", W("keep another party's card, once its digits were compared"), NULL, 1, 1,
		accept_options, run_card_accept},
	{"card update", "", W("change our card: addresses, desks, languages, hours, keys"), update_more, 0, 0,
		update_options, run_card_update},
	{"agree draft", "CARD...", W("from cards to the text of an agreement"), NULL, 2, 32,
		draft_options, run_agree_draft},
	{"agree text", "[ENTRY]", W("print the text that governs, or the one that an entry proposes or signs"),
		NULL, 0, 1,
		none, run_agree_text},
	{"agree amend", "FILE", W("from a text in force to one that amends it"), amend_more, 1, 1,
		amend_options, run_agree_amend},
	{"agree sign", "FILE", W("print the agreement with our signature added"), NULL, 1, 1,
		sign_options, run_agree_sign},
	{"agree adopt", "FILE", W("put an agreement that all signed in force here"), NULL, 1, 1,
		adopt_options, run_agree_adopt},
	{"restore", "AGREEMENT", W("make a lost home anew, from the identity key and the others' mirrors"),
		restore_more, 1, 1,
		restore_options, run_restore},
	{"serve", "", W("run the node"), NULL, 0, 0, serve_options, run_serve},
	{"stop", "", W("stop the node that runs, and wait until it has"), NULL, 0, 0, none, run_stop},
	{"drill-clock", "[TIME|+DURATION|off]", W("the clock of an exercise: set it, move it, see it"),
		drill_more, 0, 1, none,
		run_drill_clock},
	{"send", "FORM [FIELD=VALUE...]", W("write an entry"), send_more, 1, 64, send_options, run_send},
	{"answer", "ENTRY FORM [FIELD=VALUE...]", W("answer an entry, to the desk that wrote it"), send_more, 2, 64,
		send_options, run_answer},
	{"inbox", "", W("what is addressed to our desks and not yet answered"), NULL, 0, 0, inbox_options, run_inbox},
	{"show", "ENTRY", W("one entry, opened where it is sealed to us"), NULL, 1, 1, show_options, run_show},
	{"status", "", W("how the node, the logs and the lines stand"), NULL, 0, 0, status_options, run_status},
	{"matters", "[MATTER]", W("open matters, and who stands where in them"),
		matters_more, 0, 1, matters_options, run_matters},
	{"obligations", "", W("who owes what, by when"), obligations_more, 0, 0, obligations_options, run_obligations},
	{"compare", "", W("who stands where, side by side, and whether both came to the same state"),
		compare_more, 0, 0,
		compare_options, run_compare},
	{"picture", "", W("how it went, in numbers"), picture_more, 0, 0, picture_options, run_picture},
	{"brief", "MATTER", W("a matter on one page, for those who decide"), brief_more, 1, 1, none, run_brief},
	{"search", "WORD...", W("entries in which all these words are, sealed fields too, the newest first"),
		search_more, 1, 16,
		search_options, run_search},
	{"timeline", "", W("the course of the record, and which channels are open at a date"), timeline_more, 0, 0,
		timeline_options, run_timeline},
	{"ladder", "ENTRY [RUNG]", W("what is done where no answer comes, and what came of it"),
		ladder_more, 1, 2, ladder_options,
		run_ladder},
	{"watch", "", W("what happens, as it happens"), watch_more, 0, 0, watch_options, run_watch},
	{"receipt", "ENTRY", W("the proof that another party stored it (a .tlog-proof)"), NULL, 1, 1,
		receipt_options, run_receipt},
	{"publish", "[ENTRY...]", W("entries with their proofs, opened as far as is said, or a fork's evidence, for "
		"anyone to verify"), publish_more, 0, PUBLISHED_ENTRIES_MAX, publish_options, run_publish},
	{"export", "DIR", W("the whole record as files"), NULL, 1, 1, export_options, run_export},
	{"courier out", "FILE", W("what another party lacks, as a file to be carried there"), courier_out_more, 1, 1,
		courier_out_options, run_courier_out},
	{"courier in", "FILE...", W("take in what was carried here"), courier_in_more, 1, COURIER_PARTS_MAX,
		courier_in_options, run_courier_in},
	{"verify", "WHAT...", W("check a record, a receipt or an opened entry, offline"), verify_more, 1, 3,
		verify_options, run_verify},
	{"witness init", "NAME", W("make a witness: its keys, and the line that names it in an agreement"), witness_more, 1, 1,
		witness_init_options, run_witness_init},
	{"witness add", "AGREEMENT CARD...", W("have a witness cosign the logs of an agreement"), witness_add_more, 2, 65, none,
		run_witness_add},
	{"witness serve", "", W("run a witness"), NULL, 0, 0, witness_serve_options, run_witness_serve},
	{"witness status", "", W("what a witness has cosigned"), NULL, 0, 0, json_option, run_witness_status},
	{"mechanism check", "FILE...", W("are mechanism files correct; what is not, where and by which rule"),
		NULL, 1, 64,
		none, run_mechanism_check},
	{"mechanism show", "NAME", W("a mechanism's clocks, scales, forms, and what they oblige"),
		NULL, 1, 1, mechanism_options,
		run_mechanism_show},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct tool { const char *name, *summary; int (*run)(int count, char **arguments); } tools[] = {
	{"note", W("signed notes (C2SP signed-note)"), tool_note},
	{"age", W("files for age (age-encryption.org/v1)"), tool_age},
	{"commit", W("what is said of a document before it is shown (exchange, evidence)"), tool_commit},
	{"tree", W("Merkle trees and proofs (C2SP tlog-tiles, tlog-proof)"), tool_tree},
};

static int help(void)
{
	static const char *const what[] = {
		W("Keeps parties who do not trust each other in touch."), W("Each runs its own node."), NULL};
	static const char *const further[] = {W("'detente COMMAND --help' tells more; 'man detente' all of it."), NULL};
	struct buffer text = {0};
	WORDS(&text, "usage: {1}", BYTES("detente [--home DIR] [--lang TAG] COMMAND ..."));
	buffer_string(&text, "\n\n");
	help_paragraph(&text, what);
	buffer_string(&text, "\n");
	for (size_t i = 0; i < COMMANDS; i++)
		help_item(&text, commands[i].name, 16, commands[i].summary);
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		char name[32];
		snprintf(name, sizeof(name), "tool %s", tools[i].name);
		help_item(&text, name, 16, tools[i].summary);
	}
	buffer_string(&text, "\n");
	help_paragraph(&text, further);
	words_review(&text);
	help_print(&text);
	return DONE;
}

/* The command whose words begin the arguments; the longest match. *words: how many it has. */
static const struct cli_command *find(int count, char **arguments, int *words)
{
	const struct cli_command *found = NULL;
	for (size_t i = 0; i < COMMANDS; i++) {
		const char *name = commands[i].name, *space = strchr(name, ' ');
		size_t first = space == NULL ? strlen(name) : (size_t)(space - name);
		bool same = strlen(arguments[0]) == first && memcmp(arguments[0], name, first) == 0;
		if (same && space != NULL && count > 1 && strcmp(arguments[1], space + 1) == 0) {
			*words = 2;
			return &commands[i];
		}
		if (same && space == NULL) {
			*words = 1;
			found = &commands[i];
		}
	}
	return found;
}

/* Several commands of one first word and none of its own: "detente agree". */
static int help_family(const char *word)
{
	struct buffer text = {0};
	size_t size = strlen(word);
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strncmp(commands[i].name, word, size) == 0 && commands[i].name[size] == ' ') {
			char words[64];
			snprintf(words, sizeof(words), "detente %s %s", commands[i].name, commands[i].operands);
			help_item(&text, words, 32, commands[i].summary);
		}
	}
	if (text.size == 0)
		return SAY(WRONG_USE, "no command '{1}'; see '{2}'", bytes_string(word), BYTES("detente --help"));
	words_review(&text);
	help_print(&text);
	return WRONG_USE;
}

static int run_tool(int count, char **arguments)
{
	for (size_t i = 0; count > 0 && i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (strcmp(arguments[0], tools[i].name) == 0)
			return tools[i].run(count, arguments);
	}
	return SAY(WRONG_USE, "tool: which of {1}?", BYTES("note, age, commit, tree"));
}

/* --home and --lang before the command; *at: where it stands. */
static int take_globals(struct call *call, int count, char **arguments, int *at)
{
	int status = DONE;
	language_take_locale();
	for (*at = 1; *at + 1 < count && status == DONE; *at += 2) {
		if (strcmp(arguments[*at], "--home") == 0)
			call->home = arguments[*at + 1];
		else if (strcmp(arguments[*at], "--lang") == 0)
			status = language_choose("help", arguments[*at + 1]);
		else
			break;
	}
	return status;
}

static int run_command(struct call *call, int count, char **arguments)
{
	int words = 0;
	call->command = find(count, arguments, &words);
	if (call->command == NULL)
		return help_family(arguments[0]);
	enum call_parsed parsed = call_parse(call, count - words, arguments + words);
	if (parsed != CALL_GO)
		return parsed == CALL_HELP ? DONE : WRONG_USE;
	int status = call->command->run(call);
	if (fflush(stdout) != 0 || ferror(stdout))
		return say(SYSTEM, W("standard output: could not be written"));
	return status;
}

int cli_main(int count, char **arguments)
{
	struct call call = {0};
	int at;
	signal(SIGPIPE, SIG_IGN);
	int status = take_globals(&call, count, arguments, &at);
	if (status != DONE)
		return status;
	if (at >= count) {
		help();
		return WRONG_USE;
	}
	if (strcmp(arguments[at], "--help") == 0 || strcmp(arguments[at], "-h") == 0 ||
	    strcmp(arguments[at], "help") == 0)
		return help();
	if (strcmp(arguments[at], "--version") == 0) {
		printf("detente %s\n", DETENTE_VERSION);
		return DONE;
	}
	enum rule rule = crypto_start();
	if (rule != RULE_OK)
		return SAY(SYSTEM, "{1} [{2}]", bytes_string(rule_sentence(rule)), bytes_string(rule_name(rule)));
	if (strcmp(arguments[at], "tool") == 0)
		return run_tool(count - at - 1, arguments + at + 1);
	return run_command(&call, count - at, arguments + at);
}
