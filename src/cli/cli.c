#include "cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "crypto.h"
#include "sizes.h"
#include "tool_age.h"
#include "tool_note.h"
#include "tool_commit.h"
#include "tool_tree.h"

static const struct cli_option none[] = {{NULL, NULL, NULL}};

static const struct cli_option init_options[] = {
	{"listen", "HOST:PORT", "where the node listens; without it the party only calls out"},
	{"address", "URL", "https://HOST:PORT/PATH by which others reach it (default: what --listen says); may repeat"},
	{"desk", "NAME", "a desk (default: duty); may repeat"},
	{"language", "TAG", "a language that the desks read, best first (default: en); may repeat"},
	{"severity", "WORD", "the party's own severity scale (default: none)"},
	{"hours", "FILE", "the desks' duty and working hours, as lines of the card"},
	{NULL, NULL, NULL}};
static const struct cli_option card_options[] = {{"fingerprint", NULL, "only the 40 digits"}, {NULL, NULL, NULL}};
static const struct cli_option accept_options[] = {
	{"digits", "DIGITS", "the 40 digits that the other side read out; not needed again for a newer card of the same "
		"identity"},
	{"by", "NAME", "who compared them"},
	{"how", "TEXT", "how: in person, by telephone and a known voice"},
	{"replace", NULL, "the card is of a new identity, checked afresh"},
	{NULL, NULL, NULL}};
static const struct cli_option update_options[] = {
	{"listen", "HOST:PORT", "where the node takes calls from now on"},
	{"address", "URL", "https://HOST:PORT by which others reach it (default: as --listen); may repeat"},
	{"desk", "NAME", "a desk more; may repeat"},
	{"without-desk", "NAME", "a desk less; may repeat"},
	{"language", "TAG", "the languages that the desks read, best first, in place of those before; may repeat"},
	{"severity", "WORD", "the party's own severity scale"},
	{"hours", "FILE", "the desks' duty and working hours, as lines of the card, in place of those before"},
	{"new-sealing", NULL, "make the desks' sealing keys anew, as is due each month"},
	{"new-tls", NULL, "make a new TLS key"},
	{"new-keys", NULL, "make all working keys anew: of desks, log, mirror and node"},
	{"new-identity", "FILE", "make a new identity key, into a new file; the one before signs the card, too"},
	{"identity", "FILE", "the identity key so far (default: identity.key in the party's folder)"},
	{"now", NULL, "change over at once; default: when every other party has the new card"},
	{NULL, NULL, NULL}};
static const struct cli_option restore_options[] = {
	{"card", "FILE", "a party's card, the one that the agreement names; once for each party, our own too"},
	{"newest", "FILE", "our newest card, where it is of another identity than the agreement's"},
	{"identity", "FILE", "the identity key, kept elsewhere"},
	{"listen", "HOST:PORT", "where the node takes calls"},
	{"address", "URL", "https://HOST:PORT by which others reach it (default: as --listen, or the old ones); may repeat"},
	{"serial", "N", "the new card's serial (default: the next after the agreement's card)"},
	{"mechanism", "M", "a mechanism file that is not shipped; may repeat"},
	{NULL, NULL, NULL}};
static const struct cli_option draft_options[] = {
	{"mechanism", "M",
		"a mechanism: a file, or the name of a shipped one (default: all that are shipped); may repeat; "
		"agreement, party and record always are"},
	{"clock", "NAME=TIME", "a clock that differs from the mechanism's proposal, such as flash=10m, or "
		"report=24h/working by working hours; may repeat"},
	{"limit", "NAME=NUMBER",
		"a limit other than the usual: log (bytes of a party's log, 16 GiB), attachment (64 MiB); may repeat"},
	{"title", "TEXT", "what the agreement is called"},
	{"succeeds", "FILE", "the agreement in whose place it comes: its first text"},
	{"drill", NULL, "an exercise: its own keys and log, nothing of it is real"},
	{"made", "TIME", "of an exercise: when it is made, by its own clock (default: now)"},
	{NULL, NULL, NULL}};
static const struct cli_option amend_options[] = {
	{"mechanism", "M", "a mechanism to add, or in the place of the one of its name; may repeat"},
	{"clock", "NAME=TIME", "a clock that changes; may repeat"},
	{"limit", "NAME=NUMBER", "a limit that changes: log, attachment, openings; may repeat"},
	{"title", "TEXT", "what the agreement is called from now on"},
	{NULL, NULL, NULL}};
static const struct cli_option sign_options[] = {
	{"identity", "FILE", "the identity key (default: identity.key in the party's folder)"},
	{"mechanism", "M", "a mechanism file that is not shipped; may repeat"},
	{NULL, NULL, NULL}};
static const struct cli_option adopt_options[] = {
	{"mechanism", "M", "a mechanism file that is not shipped; may repeat"}, {NULL, NULL, NULL}};
static const struct cli_option serve_options[] = {
	{"detach", NULL, "return when the node is up, and leave it running; it logs to node.log in the party's folder"},
	{"without-mirrors", NULL, "sign even if no mirror can be compared with after an unclean stop"},
	{NULL, NULL, NULL}};
static const struct cli_option send_options[] = {
	{"to", "DESK", "PARTY/DESK; may repeat"},
	{"from", "DESK", "which desk of ours writes (default: the only one)"},
	{"matter", "ENTRY", "the matter that it belongs to, by its opening entry (default: a new one)"},
	{"re", "ENTRY", "the entry that it answers"},
	{"tlp", "MARK", "CLEAR, GREEN, AMBER, AMBER+STRICT or RED (default: AMBER)"},
	{"lang", "TAG", "language of the free text (default: the card's first)"},
	{"attach", "FILE", "a file that goes with it, sealed to the same desks; may repeat, 31 at most"},
	{"transcribed", NULL, "it came by another way (fax, voice, paper) and is entered here, and says so"},
	{"wait", "SECONDS", "how long to wait for receipts (default: 5; 0: without a node, nobody is called)"},
	{"without-mirrors", NULL, "write even if this home was not closed cleanly and nobody can be asked"},
	{NULL, NULL, NULL}};
static const struct cli_option inbox_options[] = {
	{"all", NULL, "also what we answered"},
	{"limit", "N", "the newest N (default: 100)"},
	{"wait", "SECONDS", "how long to let the line work first, without a node, too (default: 0)"},
	{"lang", "TAG", "language of the labels"},
	{"json", NULL, "as JSON"},
	{NULL, NULL, NULL}};
static const struct cli_option show_options[] = {
	{"raw", NULL, "the signed note itself"},
	{"print", NULL, "pages for A4 in plain text, with the entry's 40 digits and what proves it"},
	{"save", "DIR", "its attachments, opened, into that folder; no file is written over"},
	{"wait", "SECONDS", "how long to let the line work first, without a node, too (default: 0)"},
	{"lang", "TAG", "language of the labels"},
	{"json", NULL, "as JSON"},
	{NULL, NULL, NULL}};
static const struct cli_option status_options[] = {
	{"wait", "SECONDS", "how long to let the line work first, without a node, too (default: 0)"},
	{"json", NULL, "as JSON"},
	{NULL, NULL, NULL}};
static const struct cli_option search_options[] = {
	{"limit", "N", "the newest N (default: 100)"}, {"json", NULL, "as JSON"}, {NULL, NULL, NULL}};
static const struct cli_option timeline_options[] = {
	{"at", "DATE", "up to the end of 2014, 2014-05 or 2014-05-19, or a time YYYY-MM-DDTHH:MM:SSZ (default: now)"},
	{"limit", "N", "the newest N lines (default: 200)"},
	{"lang", "TAG", "language of the labels"},
	{"json", NULL, "as JSON"},
	{NULL, NULL, NULL}};
static const struct cli_option matters_options[] = {
	{"all", NULL, "settled ones too, of the newest 20,000 entries of each log"},
	{"limit", "N", "at most N (default: 200)"},
	{"lang", "TAG", "language of the labels"},
	{"json", NULL, "as JSON"},
	{NULL, NULL, NULL}};
static const struct cli_option obligations_options[] = {
	{"mine", NULL, "only what we owe"},
	{"theirs", NULL, "only what others owe"},
	{"all", NULL, "what is answered or withdrawn, too, of the newest 20,000 entries of each log"},
	{"limit", "N", "at most N, the most urgent (default: 200)"},
	{"json", NULL, "as JSON"},
	{NULL, NULL, NULL}};
static const struct cli_option compare_options[] = {
	{"limit", "N", "at most N matters (default: 200)"},
	{"lang", "TAG", "language of the labels"},
	{"json", NULL, "as JSON"},
	{NULL, NULL, NULL}};
static const struct cli_option json_option[] = {{"json", NULL, "as JSON"}, {NULL, NULL, NULL}};
static const struct cli_option ladder_options[] = {
	{"result", "TEXT", "what came of the rung of that number"},
	{"party", "PARTY", "whose rung (default: of all who owe something under the entry)"}, {NULL, NULL, NULL}};
static const struct cli_option watch_options[] = {
	{"from", "N", "from event N on; without it, what happens from now on"},
	{"words", NULL, "in sentences, for people; default: a line of JSON each"}, {NULL, NULL, NULL}};
static const struct cli_option receipt_options[] = {
	{"by", "PARTY", "whose receipt (default: the party of the first recipient)"},
	{"wait", "SECONDS", "how long to wait for it where it is not here yet (default: 0)"},
	{"policy", NULL, "instead, the policy by which receipts of that log are verified"},
	{NULL, NULL, NULL}};
static const struct cli_option publish_options[] = {
	{"field", "NAME", "open this sealed field only; may repeat (default: the whole entry)"},
	{"fork", "PARTY", "instead of an entry: the evidence that this party signed two histories of its log"},
	{NULL, NULL, NULL}};
static const struct cli_option export_options[] = {
	{"latest", NULL, "up to the newest checkpoint held, even if not every party cosigned it"}, {NULL, NULL, NULL}};
static const struct cli_option courier_out_options[] = {
	{"to", "PARTY", "whom it is for"},
	{"split", "SIZE", "parts FILE.001, FILE.002 ... of at most so many bytes; 4M is 4 MiB, K and G likewise"},
	{"whole", NULL, "everything that is held, also of their own log: for a party that lost something"},
	{NULL, NULL, NULL}};
static const struct cli_option courier_in_options[] = {
	{"without-mirrors", NULL, "sign even if this home was not closed cleanly and no node runs"},
	{NULL, NULL, NULL}};
static const struct cli_option verify_options[] = {
	{"record", "DIR", "an exported record whose public keys are used"},
	{"trust", "PARTY=DIGITS", "the fingerprint of a party's card, which you vouch for; may repeat"},
	{"state", "TIME", "of a record that is proved, the state that it comes to at that time (YYYY-MM-DDTHH:MM:SSZ), and its digest"},
	{"json", NULL, "as JSON"},
	{NULL, NULL, NULL}};
static const struct cli_option mechanism_options[] = {
	{"lang", "TAG", "language of the labels (default: en)"}, {"table", NULL, "forms and fields as tables in Markdown"},
	{"json", NULL, "as JSON"}, {NULL, NULL, NULL}};

static const char send_more[] =
	"A field is KEY=VALUE, or KEY=@FILE for a file's content (KEY=@@TEXT for a value that begins with '@').\n"
	"'detente mechanism show NAME' lists forms and fields. The first line printed is the entry's name; then a\n"
	"line 'received PARTY TIME' for each receipt that comes in time. Exit status 0 says that it is stored here.";
static const char restore_more[] =
	"For a party that lost its whole home and kept its identity key. Makes a home with new working keys and a card that\n"
	"follows the old one; when the others have accepted that card, the node regains its own log and theirs from their\n"
	"mirrors, and signs nothing before. What was sealed to the lost keys stays closed. An export of any party has the\n"
	"agreement, the cards and the mechanisms.";
static const char drill_more[] =
	"Where every agreement of the home is a drill ('agree draft --drill'), the home may live at another time: TIME is\n"
	"YYYY-MM-DDTHH:MM:SSZ; from then on its clock runs as the real one does. +90d or +8h moves it forward; it never goes\n"
	"back. It is kept, and holds for all commands, with and without a node; real agreements refuse it, and are refused\n"
	"while it runs. 'off' returns to real time, where the exercise's is not later.";
static const char amend_more[] =
	"'agree text > T', 'agree amend T ... > T2', 'send agreement/propose --to DESK... text=@T2'; then every party:\n"
	"'agree text ENTRY > T2', 'agree sign T2 > S', 'answer ENTRY agreement/sign text=@S'. The amendment governs what is\n"
	"written in the knowledge of all signatures. Until then a party may take its own back: 'answer ITS-SIGNATURE\n"
	"agreement/release'.";
static const char update_more[] =
	"Makes a card with the next serial, signed by the identity key, and enters it in the log of every agreement. The\n"
	"others then know both cards; the node listens and shows its TLS key as before until all of them have it, so\n"
	"nothing is lost on the way. --now alone ends the wait. Old keys stay: what was sealed to them is still read.";
static const char search_more[] =
	"Looks through the whole record, the newest entries first, in places, forms, desks, open fields, and sealed fields\n"
	"that are opened for it: nothing of these is kept in the clear. Case does not count, nor full and half width; accents\n"
	"do. A WORD may hold spaces ('detente search \"clearing switch\"'), and may be part of one.";
static const char matters_more[] =
	"Open matters: something is owed in them, or somebody stands somewhere. With MATTER, its opening entry, that one:\n"
	"each party's own position on each version and the joint one, the parts of an exchange, and what is owed.";
static const char obligations_more[] =
	"The most urgent first: overdue, then open by what is due, then what has not reached its party, which is a measured\n"
	"fact and no breach; then what is owed every so often. A clock begins with the first cosignature of its party over\n"
	"the entry, as its own record/received tells it, or the sender's record/receipt.";
static const char compare_more[] =
	"Whether the others came to the same state from the same entries; then, matter by matter and text by text, who stands\n"
	"where: what is common ground, and what is not.";
static const char picture_more[] =
	"How each party answered each other, what stands, what is owed every so often and was missed: the newest 20,000\n"
	"entries of each log. Swap the parties, and the numbers are swapped, and nothing else.";
static const char timeline_more[] =
	"A line for each entry that opened a matter or stated a position, in the order of time; dated facts at their date.\n"
	"Then, side by side: the channels that the parties founded, and how they stand; and the mechanisms that the text\n"
	"says survive whatever is suspended. It says nothing of what anyone would have answered.";
static const char ladder_more[] =
	"ENTRY is one of ours that others owe an answer to. Shows which rungs of the ladder (HOME/ladder, see detente.1) were due,\n"
	"when, with what result, and which come. 'detente ladder ENTRY RUNG --result TEXT' enters what came of one. It stays in\n"
	"this house, and says nothing of why the other side is silent.";
static const char watch_more[] =
	"Prints a line of JSON for each event, with its number, as it happens, until it is interrupted or the node stops;\n"
	"'--from N' goes on where another watch ended. Without a node it prints what there is. Exit status 0: all was told.";
static const char courier_out_more[] =
	"Without a network: what the other party lacks, as far as its own words tell that came here, goes into FILE, which\n"
	"somebody carries there. A file that is lost is no harm: the next one carries all of it again. Its open lines and\n"
	"all addresses can be read by who carries it; what is sealed stays sealed.";
static const char courier_in_more[] =
	"Takes in files that 'detente courier out' made, in any order, also twice; of a file in parts all parts at once.\n"
	"Only what its logs' signatures prove is taken. What came in is answered by the next file that goes out.";
static const char verify_more[] =
	"WHAT is an exported record (a folder), an opened entry, an entry and its receipt (two files), or a fork's\n"
	"evidence, which needs no record beside it.\n"
	"Needs public keys only. Says what is proved, what is not, and whom it trusts. Exit status 0: proved.";

static const struct cli_command commands[] = {
	{"init", "NAME", "make a party's folder: keys, card, configuration", NULL, 1, 1, init_options, run_init},
	{"card", "[PARTY]", "print our card, or another party's newest one, and its fingerprint", NULL, 0, 1, card_options,
		run_card},
	{"card accept", "FILE", "keep another party's card, once its digits were compared", NULL, 1, 1,
		accept_options, run_card_accept},
	{"card update", "", "change our card: addresses, desks, languages, hours, keys", update_more, 0, 0,
		update_options, run_card_update},
	{"agree draft", "CARD...", "from cards to the text of an agreement", NULL, 2, 32,
		draft_options, run_agree_draft},
	{"agree text", "[ENTRY]", "print the text that governs, or the one that an entry proposes or signs", NULL, 0, 1,
		none, run_agree_text},
	{"agree amend", "FILE", "from a text in force to one that amends it", amend_more, 1, 1,
		amend_options, run_agree_amend},
	{"agree sign", "FILE", "print the agreement with our signature added", NULL, 1, 1,
		sign_options, run_agree_sign},
	{"agree adopt", "FILE", "put an agreement that all signed in force here", NULL, 1, 1,
		adopt_options, run_agree_adopt},
	{"restore", "AGREEMENT", "make a lost home anew, from the identity key and the others' mirrors", restore_more, 1, 1,
		restore_options, run_restore},
	{"serve", "", "run the node", NULL, 0, 0, serve_options, run_serve},
	{"stop", "", "stop the node that runs, and wait until it has", NULL, 0, 0, none, run_stop},
	{"drill-clock", "[TIME|+DURATION|off]", "the clock of an exercise: set it, move it, see it", drill_more, 0, 1, none,
		run_drill_clock},
	{"send", "FORM [FIELD=VALUE...]", "write an entry", send_more, 1, 64, send_options, run_send},
	{"answer", "ENTRY FORM [FIELD=VALUE...]", "answer an entry, to the desk that wrote it", send_more, 2, 64,
		send_options, run_answer},
	{"inbox", "", "what is addressed to our desks and not yet answered", NULL, 0, 0, inbox_options, run_inbox},
	{"show", "ENTRY", "one entry, opened where it is sealed to us", NULL, 1, 1, show_options, run_show},
	{"status", "", "how the node, the logs and the lines stand", NULL, 0, 0, status_options, run_status},
	{"matters", "[MATTER]", "open matters, and who stands where in them", matters_more, 0, 1, matters_options, run_matters},
	{"obligations", "", "who owes what, by when", obligations_more, 0, 0, obligations_options, run_obligations},
	{"compare", "", "who stands where, side by side, and whether both came to the same state", compare_more, 0, 0,
		compare_options, run_compare},
	{"picture", "", "how it went, in numbers", picture_more, 0, 0, json_option, run_picture},
	{"search", "WORD...", "entries in which all these words are, sealed fields too, the newest first", search_more, 1, 16,
		search_options, run_search},
	{"timeline", "", "the course of the record, and which channels are open at a date", timeline_more, 0, 0,
		timeline_options, run_timeline},
	{"ladder", "ENTRY [RUNG]", "what is done where no answer comes, and what came of it", ladder_more, 1, 2, ladder_options,
		run_ladder},
	{"watch", "", "what happens, as it happens", watch_more, 0, 0, watch_options, run_watch},
	{"receipt", "ENTRY", "the proof that another party stored it (a .tlog-proof)", NULL, 1, 1,
		receipt_options, run_receipt},
	{"publish", "[ENTRY]", "an opened entry with its proofs, or a fork's evidence, for anyone to verify", NULL, 0, 1,
		publish_options, run_publish},
	{"export", "DIR", "the whole record as files", NULL, 1, 1, export_options, run_export},
	{"courier out", "FILE", "what another party lacks, as a file to be carried there", courier_out_more, 1, 1,
		courier_out_options, run_courier_out},
	{"courier in", "FILE...", "take in what was carried here", courier_in_more, 1, COURIER_PARTS_MAX,
		courier_in_options, run_courier_in},
	{"verify", "WHAT...", "check a record, a receipt or an opened entry, offline", verify_more, 1, 3,
		verify_options, run_verify},
	{"mechanism check", "FILE...", "are mechanism files correct; what is not, where and by which rule", NULL, 1, 64,
		none, run_mechanism_check},
	{"mechanism show", "NAME", "a mechanism's clocks, scales, forms, and what they oblige", NULL, 1, 1, mechanism_options,
		run_mechanism_show},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct tool { const char *name, *summary; int (*run)(int count, char **arguments); } tools[] = {
	{"note", "signed notes (C2SP signed-note)", tool_note},
	{"age", "files for age (age-encryption.org/v1)", tool_age},
	{"commit", "what is said of a document before it is shown (exchange, evidence)", tool_commit},
	{"tree", "Merkle trees and proofs (C2SP tlog-tiles, tlog-proof)", tool_tree},
};

static int help(void)
{
	printf("usage: detente [--home DIR] COMMAND ...\n\n"
		"Keeps parties who do not trust each other in touch. Each runs its own node.\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-16s %s\n", commands[i].name, commands[i].summary);
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		printf("  tool %-11s %s\n", tools[i].name, tools[i].summary);
	printf("\n'detente COMMAND --help' tells more; 'man detente' all of it.\n");
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
	bool any = false;
	size_t size = strlen(word);
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strncmp(commands[i].name, word, size) == 0 && commands[i].name[size] == ' ') {
			char words[64];
			snprintf(words, sizeof(words), "%s %s", commands[i].name, commands[i].operands);
			printf("  detente %-24s %s\n", words, commands[i].summary);
			any = true;
		}
	}
	return any ? WRONG_USE : say(WRONG_USE, "no command '%s'; see 'detente --help'", word);
}

static int run_tool(int count, char **arguments)
{
	for (size_t i = 0; count > 0 && i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (strcmp(arguments[0], tools[i].name) == 0)
			return tools[i].run(count, arguments);
	}
	return say(WRONG_USE, "tool: which of note, age, tree?");
}

int cli_main(int count, char **arguments)
{
	struct call call = {0};
	int at = 1, words = 0;
	signal(SIGPIPE, SIG_IGN);
	if (count > 2 && strcmp(arguments[1], "--home") == 0) {
		call.home = arguments[2];
		at = 3;
	}
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
		return say(SYSTEM, "%s [%s]", rule_sentence(rule), rule_name(rule));
	if (strcmp(arguments[at], "tool") == 0)
		return run_tool(count - at - 1, arguments + at + 1);
	call.command = find(count - at, arguments + at, &words);
	if (call.command == NULL)
		return help_family(arguments[at]);
	enum call_parsed parsed = call_parse(&call, count - at - words, arguments + at + words);
	if (parsed != CALL_GO)
		return parsed == CALL_HELP ? DONE : WRONG_USE;
	int status = call.command->run(&call);
	if (fflush(stdout) != 0 || ferror(stdout))
		return say(SYSTEM, "standard output: could not be written");
	return status;
}
