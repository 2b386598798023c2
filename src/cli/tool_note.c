#include "tool_note.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "checkpoint.h"
#include "file.h"
#include "help.h"
#include "input.h"
#include "output.h"
#include "policy.h"
#include "say.h"
#include "skey.h"
#include "text.h"
#include "utc.h"

static const char *const usages[] = {
	"detente tool note verify (-k VKEY | -K VKEYFILE) [FILE]",
	"detente tool note sign -k KEYFILE [-a] [FILE]",
	"detente tool note keygen [-c] [-o KEYFILE] NAME",
	"detente tool note policy -p POLICY [CHECKPOINT]",
	NULL};
static const char *const what[] = {
	W("Signed notes as in C2SP signed-note, tlog-checkpoint, tlog-cosignature and tlog-policy."),
	W("Without FILE or with - it is standard input that is read."),
	NULL};
static const char *const further[] = {
	HELP_STATUS,
	NULL};
static const struct help_option help_options[] = {
	{"verify", W("prints the text of a note that the key signed; with a cosigner's key also, on standard "
		"error, when")},
	{"sign", W("prints the text as a note; with -a FILE is a note already, and the signature is added at "
		"its end. A cosigner's key cosigns a checkpoint now")},
	{"keygen", W("prints a new signing key, and on standard error its verifier key; with -c a cosigner's "
		"(type 0x04). With -o the signing key goes into a new file, and the verifier key to standard "
		"output")},
	{"policy", W("says whether the policy accepts the checkpoint")},
	{NULL, NULL}};
static const struct help_page page = {usages, what, further, help_options, 7};

/* What the command line said; NULL or false where absent. */
struct request {
	const char *key, *key_file, *policy, *output, *operand;
	bool add, cosigner;
};

/* A key file's only line, with or without its line feed. */
static struct bytes only_line(const struct buffer *file)
{
	struct bytes text = buffer_bytes(file);
	if (text.size != 0 && text.data[text.size - 1] == '\n')
		text.size--;
	return text;
}

/* A terminal is spared what could deceive the eye; a file or a pipe gets the bytes. */
static int print_text(struct bytes text)
{
	struct buffer printable = {0};
	if (isatty(STDOUT_FILENO)) {
		text_printable(&printable, text, true);
		text = buffer_bytes(&printable);
	}
	enum rule rule = printable.rule == RULE_OK ? file_write(STDOUT_FILENO, text) : printable.rule;
	buffer_free(&printable);
	return rule == RULE_OK ? DONE : say_rule(T("standard output"), rule, "");
}

static enum rule load_vkey(const struct request *request, struct vkey *vkey)
{
	if (request->key != NULL)
		return vkey_parse(vkey, bytes_string(request->key));
	struct buffer file = {0};
	enum rule rule = input_read(&file, request->key_file, NOTE_MAX);
	if (rule == RULE_OK)
		rule = vkey_parse(vkey, only_line(&file));
	buffer_free(&file);
	return rule;
}

/* Says who did sign, when the key that was asked for did not. */
static int refuse_note(const char *where, enum rule rule, const struct note *note)
{
	struct buffer names = {0};
	struct fault fault;
	for (size_t i = 0; rule == RULE_NOTE_UNSIGNED && i < note->signature_count; i++) {
		buffer_string(&names, i == 0 ? "it is by " : ", ");
		buffer_add(&names, note->signatures[i].name);
		buffer_format(&names, "+%08x", (unsigned)note->signatures[i].id);
	}
	fault_bytes(&fault, rule, 0, buffer_bytes(&names));
	buffer_free(&names);
	return say_fault(where, fault.rule, &fault);
}

/* Verifies with the key, and says when a cosigner cosigned. */
static enum rule verify_note(const struct note *note, const struct vkey *vkey)
{
	if (vkey->type != SIGNATURE_COSIGNATURE)
		return note_verify(note, vkey);
	int64_t time;
	char when[UTC_SIZE + 1];
	enum rule rule = cosignature_verify(note, note->text, vkey, &time);
	if (rule != RULE_OK)
		return rule;
	utc_format(time, when);
	struct buffer line = {0};
	WORDS(&line, "cosigned at {1}", bytes_string(when));
	fprintf(stderr, "%.*s\n", BYTES_SHOWN(line));
	buffer_free(&line);
	return RULE_OK;
}

static int verify(const struct request *request)
{
	struct vkey vkey;
	struct note note;
	struct buffer file = {0};
	if ((request->key == NULL) == (request->key_file == NULL))
		return say_wrong("tool note", W("exactly one key is needed"), "-k VKEY or -K VKEYFILE");
	if (request->key == NULL && is_standard(request->key_file) && is_standard(request->operand))
		return say_wrong("tool note", W("key and note cannot both be"), "standard input");
	enum rule rule = load_vkey(request, &vkey);
	if (rule != RULE_OK)
		return say_rule(request->key == NULL ? request->key_file : request->key, rule, "");
	int status;
	rule = input_read(&file, request->operand, NOTE_MAX);
	if (rule == RULE_OK)
		rule = note_parse(&note, buffer_bytes(&file));
	if (rule != RULE_OK)
		status = say_rule(input_name(request->operand), rule, "");
	else if ((rule = verify_note(&note, &vkey)) != RULE_OK)
		status = refuse_note(input_name(request->operand), rule, &note);
	else
		status = print_text(note.text);
	buffer_free(&file);
	return status;
}

/* Puts the secret into memory from secret_new(), which the caller frees. */
static enum rule load_skey(const char *path, struct vkey *vkey, uint8_t **secret)
{
	struct buffer file = {.secret = true};
	enum rule rule = input_read(&file, path, NOTE_MAX);
	*secret = rule == RULE_OK ? secret_new(ED25519_SECRET) : NULL;
	if (rule == RULE_OK && *secret == NULL)
		rule = RULE_MEMORY;
	if (rule == RULE_OK)
		rule = skey_parse(only_line(&file), vkey, *secret);
	buffer_free(&file);
	return rule;
}

/* Appends the signature line over `text` to `whole`. A cosigner cosigns checkpoints only; extension lines may be. */
static enum rule add_signature(struct buffer *whole, struct bytes text, const struct signer *signer)
{
	if (signer->vkey.type == SIGNATURE_COSIGNATURE) {
		struct checkpoint checkpoint;
		enum rule rule = checkpoint_parse(&checkpoint, text);
		if (rule != RULE_OK && rule != RULE_CHECKPOINT_EXTENSION)
			return rule;
		cosignature_sign(whole, text, signer, clock_seconds(&clock_system));
	} else {
		note_sign(whole, text, signer);
	}
	return whole->rule;
}

/* Makes the signed note out of the file; what was made is read again before it is let go. */
static enum rule make_note(struct buffer *whole, struct bytes file, const struct signer *signer, bool add)
{
	struct note note;
	struct bytes text = file;
	enum rule rule = RULE_OK;
	if (add && (rule = note_parse(&note, file)) == RULE_OK)
		text = note.text;
	if (rule != RULE_OK)
		return rule;
	buffer_add(whole, file);
	if (!add)
		buffer_string(whole, "\n");
	rule = add_signature(whole, text, signer);
	if (rule == RULE_OK)
		rule = note_parse(&note, buffer_bytes(whole));
	return rule == RULE_OK && note.text.size != text.size ? RULE_NOTE_FORM : rule;
}

static int sign(const struct request *request)
{
	struct signer signer;
	struct buffer file = {0}, whole = {0};
	uint8_t *secret;
	int status;
	if (request->key == NULL)
		return say_wrong("tool note", W("a key is needed"), "-k KEYFILE");
	if (is_standard(request->key) && is_standard(request->operand))
		return say_wrong("tool note", W("key and text cannot both be"), "standard input");
	enum rule rule = load_skey(request->key, &signer.vkey, &secret);
	signer.secret = secret;
	if (rule != RULE_OK) {
		status = say_rule(input_name(request->key), rule, "");
		goto done;
	}
	rule = input_read(&file, request->operand, NOTE_MAX);
	if (rule == RULE_OK)
		rule = make_note(&whole, buffer_bytes(&file), &signer, request->add);
	if (rule != RULE_OK)
		status = say_rule(input_name(request->operand), rule, "");
	else
		status = print_text(buffer_bytes(&whole));
done:
	secret_free(secret);
	buffer_free(&file);
	buffer_free(&whole);
	return status;
}

/* Makes a key pair; the secret is the caller's to free. */
static enum rule make_key(struct bytes name, bool cosigner, struct signer *signer, uint8_t **secret)
{
	uint8_t public[ED25519_PUBLIC], *seed = secret_new(ED25519_SEED);
	*secret = secret_new(ED25519_SECRET);
	enum rule rule = seed == NULL || *secret == NULL ? RULE_MEMORY : RULE_OK;
	if (rule == RULE_OK) {
		random_fill(&random_system, seed, ED25519_SEED);
		ed25519_secret(seed, *secret, public);
		rule = vkey_make(&signer->vkey, name, cosigner ? SIGNATURE_COSIGNATURE : SIGNATURE_ED25519, public);
		signer->secret = *secret;
	}
	secret_free(seed);
	return rule;
}

static int keygen(const struct request *request)
{
	if (request->operand == NULL)
		return say_wrong("tool note", W("a name is needed"), "NAME");
	struct signer signer;
	uint8_t *secret;
	struct buffer private = {.secret = true}, public = {0};
	const char *where = request->operand;
	enum rule rule = make_key(bytes_string(request->operand), request->cosigner, &signer, &secret);
	if (rule != RULE_OK)
		goto done;
	skey_write(&private, &signer);
	buffer_string(&private, "\n");
	vkey_write(&public, &signer.vkey);
	buffer_string(&public, "\n");
	rule = private.rule != RULE_OK ? private.rule : public.rule;
	if (rule != RULE_OK)
		goto done;
	where = output_name(request->output);
	rule = output_key(request->output, buffer_bytes(&private));
	if (rule == RULE_OK)
		rule = file_write(is_standard(request->output) ? STDERR_FILENO : STDOUT_FILENO, buffer_bytes(&public));
done:
	secret_free(secret);
	buffer_free(&private);
	buffer_free(&public);
	return rule == RULE_OK ? DONE : say_rule(where, rule, "");
}

/* What of the checkpoint the policy vouches for, on one line. */
static int print_verdict(struct bytes bytes)
{
	struct note note;
	struct checkpoint checkpoint;
	struct buffer verdict = {0};
	enum rule rule = checkpoint_note_parse(&note, &checkpoint, bytes);
	if (rule == RULE_OK) {
		buffer_string(&verdict, "accepted ");
		text_printable(&verdict, checkpoint.origin, false);
		buffer_format(&verdict, " %" PRIu64 " ", checkpoint.size);
		text_base64(&verdict, bytes_of(checkpoint.root, sizeof(checkpoint.root)), true);
		buffer_string(&verdict, "\n");
		rule = verdict.rule;
	}
	if (rule == RULE_OK)
		rule = file_write(STDOUT_FILENO, buffer_bytes(&verdict));
	buffer_free(&verdict);
	return rule == RULE_OK ? DONE : say_rule(T("standard output"), rule, "");
}

static int judge(const struct request *request)
{
	if (request->policy == NULL)
		return say_wrong("tool note", W("a policy is needed"), "-p POLICY");
	if (is_standard(request->policy) && is_standard(request->operand))
		return say_wrong("tool note", W("policy and checkpoint cannot both be"), "standard input");
	struct policy *policy = NULL;
	struct buffer text = {0}, note = {0};
	struct fault fault = {.detail = ""};
	const char *where = input_name(request->policy);
	fault.rule = input_read(&text, request->policy, POLICY_SIZE_MAX);
	if (fault.rule == RULE_OK)
		fault.rule = policy_parse(&policy, buffer_bytes(&text), &fault);
	if (fault.rule == RULE_OK) {
		where = input_name(request->operand);
		fault.rule = input_read(&note, request->operand, NOTE_MAX);
	}
	if (fault.rule == RULE_OK)
		fault.rule = policy_verify(policy, buffer_bytes(&note));
	int status = fault.rule == RULE_OK ? print_verdict(buffer_bytes(&note)) : say_fault(where, fault.rule, &fault);
	policy_free(policy);
	buffer_free(&text);
	buffer_free(&note);
	return status;
}

static const struct {
	const char *name, *options;
	int (*run)(const struct request *request);
} subcommands[] = {
	{"verify", "k:K:h", verify},
	{"sign", "k:ah", sign},
	{"keygen", "o:ch", keygen},
	{"policy", "p:h", judge},
};

/* DONE; or the status with which the program ends, -1 for help. */
static int read_options(int count, char **arguments, const char *options, struct request *request)
{
	static const struct option words[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	opterr = 0;
	optind = 0; /* GNU: begin anew */
	int option;
	while ((option = getopt_long(count, arguments, options, words, NULL)) != -1) {
		switch (option) {
		case 'h':
			return -1;
		case 'k':
			request->key = optarg;
			break;
		case 'K':
			request->key_file = optarg;
			break;
		case 'p':
			request->policy = optarg;
			break;
		case 'o':
			request->output = optarg;
			break;
		case 'a':
			request->add = true;
			break;
		case 'c':
			request->cosigner = true;
			break;
		default:
			return say_wrong("tool note", W("unknown option, or one without its value"),
				arguments[optind - 1]);
		}
	}
	if (count - optind > 1)
		return say_wrong("tool note", W("too much"), arguments[optind + 1]);
	request->operand = optind < count ? arguments[optind] : NULL;
	return DONE;
}

static int help(void)
{
	struct buffer text = {0};
	help_page(&text, &page);
	help_print(&text);
	return DONE;
}

int tool_note(int count, char **arguments)
{
	const char *name = count > 1 ? arguments[1] : "";
	struct request request = {.key = NULL};
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return help();
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
		if (strcmp(subcommands[i].name, name) != 0)
			continue;
		int status = read_options(count - 1, arguments + 1, subcommands[i].options, &request);
		if (status != DONE)
			return status == -1 ? help() : status;
		return subcommands[i].run(&request);
	}
	return say_wrong("tool note", W("one of verify, sign, keygen, policy is needed"),
		count > 1 ? name : "nothing is given");
}
