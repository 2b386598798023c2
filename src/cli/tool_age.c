#include "tool_age.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "age_keys.h"
#include "file.h"
#include "help.h"
#include "input.h"
#include "output.h"
#include "passphrase.h"
#include "say.h"
#include "text.h"
#include "utc.h"

#define KEY_OPTIONS_MAX 128

static const char *const usages[] = {
	"detente tool age [-e] (-r RECIPIENT | -R FILE | -i FILE)... [-a] [-o OUTPUT] [INPUT]",
	"detente tool age [-e] -p [--passphrase-fd N] [-a] [-o OUTPUT] [INPUT]",
	"detente tool age -d [-i FILE]... [--passphrase-fd N] [-o OUTPUT] [INPUT]",
	"detente tool age keygen [-o FILE]",
	"detente tool age keygen -y [-o FILE] [INPUT]",
	NULL};
static const char *const what[] = {
	W("Files of age-encryption.org/v1, to X25519 recipients or a passphrase."),
	NULL};
static const char *const further[] = {
	W("INPUT, and FILE where it is read, may be -, standard input."),
	W("keygen prints a new identity; with -y the recipients of those that it reads."),
	W("Its -o overwrites nothing."),
	HELP_STATUS,
	NULL};
static const struct help_option help_options[] = {
	{"-e, --encrypt", W("the default; to be said where -i names recipients")},
	{"-d, --decrypt", W("armor is recognised; without -i a passphrase is asked for where there is one")},
	{"-r, --recipient RECIPIENT", W("encrypt to age1...")},
	{"-R, --recipients-file FILE", W("encrypt to those in the file, one a line")},
	{"-i, --identity FILE", W("AGE-SECRET-KEY-1..., one a line")},
	{"-p, --passphrase", W("encrypt with a passphrase, asked for twice on the terminal")},
	{"    --passphrase-fd N", W("take the passphrase from the first line of descriptor N")},
	{"-a, --armor", W("encrypt to lines of base64")},
	{"-o, --output OUTPUT", W("there whole or not at all; - is standard output")},
	{NULL, NULL}};
static const struct help_page page = {usages, what, further, help_options, 27};

/* What the command line said. */
struct request {
	bool encrypt, decrypt, passphrase, armor, convert;
	const char *input, *output;
	const char *descriptor; /* of the passphrase */
	struct {
		int kind; /* the option: r, R or i */
		const char *value;
	} keys[KEY_OPTIONS_MAX];
	size_t key_count;
	int stdin_uses;
};

/* ---- the passphrase ---- */

/* How to come by it, and, once asked for, what to say where nothing opens. */
struct asking {
	const char *descriptor;
	bool twice, refused;
	struct passphrase *memory;
	const char *what_to_do;
};

static enum rule passphrase_get(void *context, struct bytes *passphrase)
{
	struct asking *asking = context;
	uint64_t descriptor = 0;
	if (asking->refused) {
		asking->what_to_do = T("it has a passphrase: leave -i away");
		return RULE_AGE_NO_IDENTITY;
	}
	asking->what_to_do = T("wrong passphrase");
	if (asking->memory == NULL)
		asking->memory = secret_new(sizeof(*asking->memory));
	if (asking->memory == NULL)
		return RULE_MEMORY;
	enum rule rule;
	if (asking->descriptor == NULL) {
		rule = passphrase_ask(asking->memory, asking->twice);
	} else {
		text_decimal(bytes_string(asking->descriptor), &descriptor);
		rule = passphrase_read(asking->memory, (int)descriptor);
	}
	if (rule == RULE_OK)
		*passphrase = bytes_of(asking->memory->text, asking->memory->size);
	return rule;
}

/* ---- encrypting and decrypting ---- */

static int read_keys(const struct request *request, struct age_keys *keys)
{
	for (size_t i = 0; i < request->key_count; i++) {
		const char *value = request->keys[i].value, *where = input_name(value);
		struct fault fault = {.rule = RULE_OK};
		enum rule rule;
		if (request->keys[i].kind == 'r') {
			where = "-r";
			rule = age_keys_recipient(keys, bytes_string(value), &fault);
		} else if (request->keys[i].kind == 'R') {
			rule = age_keys_recipients(keys, value, &fault);
		} else {
			rule = age_keys_identities(keys, value, &fault);
		}
		if (rule != RULE_OK)
			return say_fault(where, rule, &fault);
	}
	if (request->decrypt || age_keys_convert(keys) == RULE_OK)
		return DONE;
	return say_rule("-i", RULE_LIMIT, T("too many recipients"));
}

/* A failure between input and output, said of whichever it was. */
static int failed(const struct request *request, enum rule rule, const char *what_to_do)
{
	const char *input = input_name(request->input), *output = output_name(request->output);
	struct buffer both = {0};
	if (rule != RULE_IO)
		return say_rule(rule == RULE_DISK_FULL ? output : input, rule, what_to_do);
	WORDS(&both, "{1} to {2}", bytes_string(input), bytes_string(output));
	buffer_u8(&both, '\0');
	int status = say_rule(both.rule == RULE_OK ? (const char *)both.data : input, rule, what_to_do);
	buffer_free(&both);
	return status;
}

static int encrypt(const struct request *request, const struct age_keys *keys, struct asking *asking, struct age_io *io)
{
	struct age_to to = {keys->recipients, keys->recipient_count, {NULL, 0}, request->armor, &random_system};
	enum rule rule = RULE_OK;
	if (request->passphrase) {
		rule = passphrase_get(asking, &to.passphrase);
		if (rule != RULE_OK)
			return say_rule(T("passphrase"), rule, "");
	}
	rule = age_encrypt(io, &to);
	return rule == RULE_OK ? DONE : failed(request, rule, "");
}

static int decrypt(const struct request *request, const struct age_keys *keys, struct asking *asking, struct age_io *io)
{
	struct age_from from = {keys->identities, keys->identity_count, {NULL, 0}, passphrase_get, asking};
	asking->refused = keys->identity_count != 0;
	enum rule rule = age_decrypt(io, &from);
	if (rule == RULE_OK)
		return DONE;
	if (rule != RULE_AGE_NO_IDENTITY)
		return failed(request, rule, "");
	if (asking->what_to_do == NULL)
		asking->what_to_do = keys->identity_count == 0 ? T("give one with -i") : T("another is needed with -i");
	return failed(request, rule, asking->what_to_do);
}

/* From input to output, with the keys in hand. */
static int run_with(const struct request *request, const struct age_keys *keys)
{
	struct asking asking = {request->descriptor, !request->decrypt, false, NULL, NULL};
	struct output output;
	struct age_io io = {STDIN_FILENO, STDOUT_FILENO, NULL};
	enum rule rule = input_open(request->input, &io.in);
	if (rule != RULE_OK)
		return say_rule(request->input, rule, "");
	rule = output_open(&output, request->output);
	if (rule != RULE_OK) {
		input_close(io.in);
		return say_rule(request->output, rule, "");
	}
	io.out = output.descriptor;
	int status = (request->decrypt ? decrypt : encrypt)(request, keys, &asking, &io);
	if (status == DONE) {
		rule = output_keep(&output);
		status = rule == RULE_OK ? DONE : say_rule(output_name(request->output), rule, "");
	} else {
		output_drop(&output);
	}
	secret_free(asking.memory);
	input_close(io.in);
	return status;
}

/* ---- keygen ---- */

static int put_keys(const struct request *request, const struct buffer *text)
{
	enum rule rule = text->rule == RULE_OK ? output_key(request->output, buffer_bytes(text)) : text->rule;
	return rule == RULE_OK ? DONE : say_rule(output_name(request->output), rule, "");
}

static int make_key(const struct request *request, struct age_keys *keys)
{
	char created[UTC_SIZE + 1];
	struct buffer text = {.secret = true}, recipient = {0};
	random_fill(&random_system, keys->identities[0], X25519_SIZE);
	keys->identity_count = 1;
	age_keys_convert(keys);
	age_recipient_write(&recipient, keys->recipients[0]);
	utc_format(clock_seconds(&clock_system), created);
	buffer_format(&text, "# created: %s\n# public key: ", created);
	buffer_add(&text, buffer_bytes(&recipient));
	buffer_string(&text, "\n");
	age_identity_write(&text, keys->identities[0]);
	buffer_string(&text, "\n");
	int status = put_keys(request, &text);
	if (status == DONE && !(is_standard(request->output) && isatty(STDOUT_FILENO)))
		fprintf(stderr, "Public key: %.*s\n", BYTES_SHOWN(recipient)); /* as age has it */
	buffer_free(&text);
	buffer_free(&recipient);
	return status;
}

static int convert_keys(const struct request *request, struct age_keys *keys)
{
	struct fault fault = {.rule = RULE_OK};
	struct buffer text = {0};
	enum rule rule = age_keys_identities(keys, request->input, &fault);
	if (rule != RULE_OK)
		return say_fault(input_name(request->input), rule, &fault);
	age_keys_convert(keys); /* at most as many as there are identities */
	for (size_t i = 0; i < keys->recipient_count; i++) {
		age_recipient_write(&text, keys->recipients[i]);
		buffer_string(&text, "\n");
	}
	int status = put_keys(request, &text);
	buffer_free(&text);
	return status;
}

/* ---- the command line ---- */

static int take_option(struct request *request, int option, const char *value)
{
	uint64_t number;
	switch (option) {
	case 'e':
		request->encrypt = true;
		break;
	case 'd':
		request->decrypt = true;
		break;
	case 'p':
		request->passphrase = true;
		break;
	case 'a':
		request->armor = true;
		break;
	case 'y':
		request->convert = true;
		break;
	case 'o':
		request->output = value;
		break;
	case 'f':
		if (text_decimal(bytes_string(value), &number) != RULE_OK || number > 1 << 20)
			return say_wrong("tool age", W("no descriptor"), value);
		request->descriptor = value;
		request->stdin_uses += number == STDIN_FILENO;
		break;
	default: /* r, R, i */
		if (request->key_count == KEY_OPTIONS_MAX)
			return say_wrong("tool age", W("too many keys"), value);
		request->keys[request->key_count].kind = option;
		request->keys[request->key_count++].value = value;
		request->stdin_uses += option != 'r' && is_standard(value);
	}
	return DONE;
}

/* DONE, WRONG_USE, or -1 for --help. */
static int read_request(struct request *request, int count, char **arguments, const char *short_options)
{
	static const struct option options[] = {
		{"encrypt", no_argument, NULL, 'e'}, {"decrypt", no_argument, NULL, 'd'},
		{"passphrase", no_argument, NULL, 'p'}, {"armor", no_argument, NULL, 'a'},
		{"recipient", required_argument, NULL, 'r'}, {"recipients-file", required_argument, NULL, 'R'},
		{"identity", required_argument, NULL, 'i'}, {"output", required_argument, NULL, 'o'},
		{"passphrase-fd", required_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
	};
	int option, status = DONE;
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while (status == DONE && (option = getopt_long(count, arguments, short_options, options, NULL)) != -1) {
		if (option == 'h')
			return -1;
		if (option == '?' || option == ':' || strchr(short_options, option == 'f' ? 'd' : option) == NULL)
			return say_wrong("tool age", option == ':' ? W("value missing") : W("not an option here"),
				arguments[optind - 1]);
		status = take_option(request, option, optarg);
	}
	if (status == DONE && optind < count)
		request->input = arguments[optind++];
	if (status == DONE && optind < count)
		return say_wrong("tool age", W("one input at most"), arguments[optind]);
	request->stdin_uses += is_standard(request->input);
	return status;
}

/* What cannot be asked for together; NULL where all is well. */
static const char *contradiction(const struct request *request)
{
	size_t recipients = 0, identities = 0;
	for (size_t i = 0; i < request->key_count; i++)
		*(request->keys[i].kind == 'i' ? &identities : &recipients) += 1;
	if (request->stdin_uses > 1)
		return W("standard input can be read for one purpose only");
	if (request->encrypt && request->decrypt)
		return W("-e and -d exclude each other");
	if (request->decrypt && request->armor)
		return W("-a is not for -d: armor is recognised");
	if (request->decrypt && request->passphrase)
		return W("-p is not for -d: a file with a passphrase is recognised");
	if (request->decrypt && recipients != 0)
		return W("-r and -R are not for -d: identities are given with -i");
	if (request->decrypt && identities != 0 && request->descriptor != NULL)
		return W("-i and --passphrase-fd exclude each other");
	if (request->decrypt)
		return NULL;
	if (identities != 0 && !request->encrypt)
		return W("-i needs -d, or -e to encrypt to its recipients");
	if (request->passphrase && recipients + identities != 0)
		return W("-p is not for files that have recipients");
	if (request->descriptor != NULL && !request->passphrase)
		return W("--passphrase-fd needs -p or -d");
	if (!request->passphrase && recipients + identities == 0)
		return W("give a recipient with -r or -R, or -p for a passphrase");
	if (!request->armor && request->output == NULL && isatty(STDOUT_FILENO))
		return W("a terminal takes no binary file: use -o or -a");
	return NULL;
}

static int help(void)
{
	struct buffer text = {0};
	help_page(&text, &page);
	help_print(&text);
	return DONE;
}

static int keygen(struct request *request, int count, char **arguments, struct age_keys *keys)
{
	int status = read_request(request, count, arguments, ":o:y");
	if (status != DONE)
		return status < 0 ? help() : status;
	if (!request->convert && request->input != NULL)
		return say_wrong("tool age", W("an input is for -y only"), request->input);
	return request->convert ? convert_keys(request, keys) : make_key(request, keys);
}

static int age(struct request *request, int count, char **arguments, struct age_keys *keys)
{
	int status = read_request(request, count, arguments, ":edpar:R:i:o:");
	if (status != DONE)
		return status < 0 ? help() : status;
	const char *wrong = contradiction(request);
	if (wrong != NULL)
		return say_wrong("tool age", wrong, "");
	status = read_keys(request, keys);
	return status == DONE ? run_with(request, keys) : status;
}

int tool_age(int count, char **arguments)
{
	struct request request = {.input = NULL};
	struct age_keys *keys = secret_new(sizeof(*keys));
	if (keys == NULL)
		return say_rule("tool age", RULE_MEMORY, "");
	bool generate = count > 1 && strcmp(arguments[1], "keygen") == 0;
	int status = generate ? keygen(&request, count - 1, arguments + 1, keys)
			      : age(&request, count, arguments, keys);
	secret_free(keys);
	return status;
}
