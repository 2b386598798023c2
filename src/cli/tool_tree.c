#include "tool_tree.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "checkpoint.h"
#include "file.h"
#include "help.h"
#include "input.h"
#include "policy.h"
#include "proof.h"
#include "say.h"
#include "sizes.h"
#include "text.h"
#include "tile.h"

#define PATH_SIZE 4096

static const char *const usages[] = {
	"detente tool tree root DIR [--size N]",
	"detente tool tree leaf FILE",
	"detente tool tree inclusion DIR INDEX [--size N]",
	"detente tool tree consistency DIR OLD [NEW]",
	"detente tool tree verify PROOF --entry FILE [--policy FILE]",
	NULL};
static const char *const what[] = {
	W("Merkle trees as in RFC 6962 and C2SP tlog-tiles."),
	W("DIR holds tile/... and, if N or NEW is to be taken from it, a checkpoint."),
	W("PROOF and FILE may be -, standard input."),
	W("Hashes are printed in base64."),
	NULL};
static const char *const further[] = {
	HELP_STATUS,
	NULL};
static const struct help_option help_options[] = {
	{"root", W("prints the size and the root, from as few tiles as it takes; where the checkpoint is of "
		"that size, its root must be the same")},
	{"leaf", W("prints the hash of a file as a leaf")},
	{"inclusion", W("prints a .tlog-proof of entry INDEX; with --size only its hashes, one a line")},
	{"consistency", W("prints the hashes that prove the tree of OLD to be the start of that of NEW, one a "
		"line")},
	{"verify", W("checks that FILE is the entry that PROOF says it is; with --policy also who signed the "
		"checkpoint, which is not looked at without it")},
	{NULL, NULL}};
static const struct help_page page = {usages, what, further, help_options, 12};

/* What the command line said. */
struct request {
	char *operands[3];
	int operand_count;
	const char *size, *entry, *policy; /* the options; NULL where absent */
};

/* A log's files. */
struct log {
	const char *folder;
	struct tile_source source;
	struct buffer note; /* the checkpoint file; empty when there is none */
	struct checkpoint checkpoint;
	struct fault fault; /* of the tile that could not be read */
	char where[PATH_SIZE];
};

/* Reads the file of `tile` and takes its first `width` hashes. */
static enum rule read_tile_file(struct log *log, const struct tile *tile, unsigned width, uint8_t to[TILE_SIZE])
{
	struct buffer bytes = {0};
	char path[TILE_PATH_MAX];
	size_t size = tile->width * (size_t)SHA256_SIZE;

	tile_path(tile, path);
	enum rule rule = RULE_LIMIT;
	if (snprintf(log->where, sizeof(log->where), "%s/%s", log->folder, path) < (int)sizeof(log->where))
		rule = input_read(&bytes, log->where, size);
	if (rule == RULE_OK && bytes.size < size)
		rule = RULE_TRUNCATED;
	if (rule == RULE_OK)
		memcpy(to, bytes.data, width * (size_t)SHA256_SIZE);
	buffer_free(&bytes);
	if (rule != RULE_OK)
		FAULT(&log->fault, rule, 0, "a log of {1} has this tile, of {2} hashes", NUMBER(log->source.size),
			NUMBER(tile->width));
	return rule;
}

/* A log may drop a partial tile once it has the full one (tlog-tiles, section Partial Tiles). */
static enum rule read_tile(void *context, const struct tile *tile, uint8_t to[TILE_SIZE])
{
	struct tile full = {tile->level, tile->index, TILE_WIDTH};
	if (tile->width < TILE_WIDTH && read_tile_file(context, &full, tile->width, to) == RULE_OK)
		return RULE_OK;
	return read_tile_file(context, tile, tile->width, to);
}

/* A failure of the tree functions: of the tile, if one could not be read. */
static int tree_failed(const struct log *log, enum rule rule)
{
	return log->fault.rule == rule ? say_fault(log->where, rule, &log->fault) : say_rule(log->folder, rule, "");
}

static enum rule read_checkpoint(struct log *log)
{
	if (snprintf(log->where, sizeof(log->where), "%s/checkpoint", log->folder) >= (int)sizeof(log->where))
		return RULE_LIMIT;
	enum rule rule = input_read(&log->note, log->where, CHECKPOINT_MAX);
	if (rule == RULE_NOT_FOUND)
		return RULE_OK;
	struct note note;
	if (rule == RULE_OK)
		rule = checkpoint_note_parse(&note, &log->checkpoint, buffer_bytes(&log->note));
	return rule;
}

static int parse_number(const char *text, const char *name, uint64_t *value)
{
	if (text_decimal(bytes_string(text), value) == RULE_OK)
		return DONE;
	return say_wrong("tool tree", name, text);
}

/* Opens the log and sets *size: as asked for, or the checkpoint's where `asked` is NULL. */
static int log_open(struct log *log, const char *folder, const char *asked, uint64_t *size)
{
	log->folder = folder;
	enum rule rule = read_checkpoint(log);
	if (rule != RULE_OK)
		return say_rule(log->where, rule, "");
	if (asked == NULL && log->note.size == 0)
		return say_rule(log->where, RULE_NOT_FOUND, T("say which size"));
	*size = log->checkpoint.size;
	if (asked != NULL && parse_number(asked, W("not a size"), size) != DONE)
		return WRONG_USE;
	/* an older tree's nodes all lie in the tiles of the newer */
	log->source.size = *size > log->checkpoint.size ? *size : log->checkpoint.size;
	log->source.hashes = read_tile;
	log->source.context = log;
	return DONE;
}

static struct log *log_new(void)
{
	struct log *log = calloc(1, sizeof(*log));
	if (log == NULL)
		say_rule("tool tree", RULE_MEMORY, "");
	return log;
}

static void log_free(struct log *log)
{
	if (log != NULL)
		buffer_free(&log->note);
	free(log);
}

/* The root at `size`; where the checkpoint is of that size, they must agree. */
static int log_root(struct log *log, uint64_t size, struct hash *root)
{
	struct tree_reader reader = tile_reader(&log->source);
	enum rule rule = tree_range_root(&reader, 0, size, root);
	if (rule != RULE_OK)
		return tree_failed(log, rule);
	if (log->note.size == 0 || size != log->checkpoint.size ||
	    memcmp(root->bytes, log->checkpoint.root, SHA256_SIZE) == 0)
		return DONE;
	return say_rule(log->folder, RULE_TREE_PROOF, T("the tiles are not those of the checkpoint"));
}

static int print(struct buffer *text)
{
	int status = text->rule == RULE_OK ? DONE : say_rule("tool tree", text->rule, "");
	enum rule rule = status == DONE ? file_write(STDOUT_FILENO, buffer_bytes(text)) : RULE_OK;
	buffer_free(text);
	return rule == RULE_OK ? status : say_rule(T("standard output"), rule, "");
}

static void add_hash(struct buffer *text, const struct hash *hash)
{
	text_base64(text, bytes_of(hash->bytes, SHA256_SIZE), true);
	buffer_string(text, "\n");
}

static int print_path(const struct tree_path *path)
{
	struct buffer text = {0};
	for (size_t i = 0; i < path->count; i++)
		add_hash(&text, &path->hashes[i]);
	return print(&text);
}

static int run_root(const struct request *request)
{
	struct log *log = log_new();
	struct hash root;
	uint64_t size;
	int status = log == NULL ? SYSTEM : log_open(log, request->operands[0], request->size, &size);
	if (status == DONE)
		status = log_root(log, size, &root);
	if (status == DONE) {
		struct buffer text = {0};
		buffer_format(&text, "%llu ", (unsigned long long)size);
		add_hash(&text, &root);
		status = print(&text);
	}
	log_free(log);
	return status;
}

static int run_leaf(const struct request *request)
{
	struct buffer leaf = {0}, text = {0};
	struct hash hash;
	enum rule rule = input_read(&leaf, request->operands[0], ENTRY_MAX);
	if (rule == RULE_OK) {
		tree_leaf_hash(buffer_bytes(&leaf), &hash);
		add_hash(&text, &hash);
	}
	buffer_free(&leaf);
	return rule == RULE_OK ? print(&text) : say_rule(request->operands[0], rule, "");
}

/* The proof of entry `index`, held against the root that the same tiles give. */
static int log_inclusion(struct log *log, uint64_t index, uint64_t size, struct tree_path *path)
{
	struct tree_reader reader = tile_reader(&log->source);
	struct hash root, leaf;
	enum rule rule = tree_prove_inclusion(&reader, index, size, path);
	if (rule == RULE_OK)
		rule = reader.node(reader.context, 0, index, &leaf);
	if (rule != RULE_OK)
		return tree_failed(log, rule);
	int status = log_root(log, size, &root);
	if (status == DONE && (rule = tree_verify_inclusion(path, index, size, &leaf, &root)) != RULE_OK)
		return say_rule(log->folder, rule, T("the tiles do not agree among themselves"));
	return status;
}

static int print_proof(const struct log *log, uint64_t index, const struct tree_path *path)
{
	struct tlog_proof proof = {.index = index, .hash_count = path->count, .checkpoint = buffer_bytes(&log->note)};
	if (path->count > PROOF_HASHES_MAX)
		return say_rule(log->folder, RULE_LIMIT, "");
	for (size_t i = 0; i < path->count; i++)
		memcpy(proof.hashes[i], path->hashes[i].bytes, SHA256_SIZE);
	struct buffer text = {0};
	proof_write(&text, &proof);
	return print(&text);
}

static int run_inclusion(const struct request *request)
{
	struct log *log = log_new();
	struct tree_path path;
	uint64_t size, index;
	int status = log == NULL ? SYSTEM : parse_number(request->operands[1], W("not an index"), &index);
	if (status == DONE)
		status = log_open(log, request->operands[0], request->size, &size);
	if (status == DONE)
		status = log_inclusion(log, index, size, &path);
	if (status == DONE)
		status = request->size == NULL ? print_proof(log, index, &path) : print_path(&path);
	log_free(log);
	return status;
}

/* The proof from `old` to `size`, held against the roots that the same tiles give. */
static int log_consistency(struct log *log, uint64_t old, uint64_t size, struct tree_path *path)
{
	struct tree_reader reader = tile_reader(&log->source);
	struct tree_step step = {.old_size = old, .new_size = size};
	enum rule rule = tree_prove_consistency(&reader, old, size, path);
	if (rule != RULE_OK)
		return tree_failed(log, rule);
	int status = log_root(log, size, &step.new_root);
	if (status == DONE)
		status = log_root(log, old, &step.old_root);
	if (status == DONE && old > 0 && (rule = tree_verify_consistency(path, &step)) != RULE_OK)
		return say_rule(log->folder, rule, T("the tiles do not agree among themselves"));
	return status;
}

static int run_consistency(const struct request *request)
{
	struct log *log = log_new();
	struct tree_path path;
	uint64_t old, size;
	int status = log == NULL ? SYSTEM : parse_number(request->operands[1], W("not a size"), &old);
	if (status == DONE)
		status = log_open(log, request->operands[0], request->operands[2], &size);
	if (status == DONE)
		status = log_consistency(log, old, size, &path);
	if (status == DONE)
		status = print_path(&path);
	log_free(log);
	return status;
}

/* The proof's arithmetic: `entry` is the leaf that it says, in the tree of its checkpoint. */
static enum rule check_inclusion(const struct tlog_proof *proof, struct bytes entry, struct checkpoint *checkpoint)
{
	struct note note;
	enum rule rule = checkpoint_note_parse(&note, checkpoint, proof->checkpoint);
	if (rule != RULE_OK)
		return rule;
	struct tree_path path = {.count = proof->hash_count};
	struct hash leaf, root;
	for (size_t i = 0; i < path.count; i++)
		memcpy(path.hashes[i].bytes, proof->hashes[i], SHA256_SIZE);
	memcpy(root.bytes, checkpoint->root, SHA256_SIZE);
	tree_leaf_hash(entry, &leaf);
	return tree_verify_inclusion(&path, proof->index, checkpoint->size, &leaf, &root);
}

static int check_policy(const char *path, struct bytes checkpoint, const char *proof)
{
	struct buffer text = {0};
	struct policy *policy = NULL;
	struct fault fault = {.rule = input_read(&text, path, POLICY_SIZE_MAX)};
	if (fault.rule == RULE_OK)
		fault.rule = policy_parse(&policy, buffer_bytes(&text), &fault);
	int status = fault.rule == RULE_OK ? DONE : say_fault(path, fault.rule, &fault);
	if (status == DONE) {
		enum rule rule = policy_verify(policy, checkpoint);
		status = rule == RULE_OK ? DONE : say_rule(proof, rule, "");
	}
	policy_free(policy);
	buffer_free(&text);
	return status;
}

static int run_verify(const struct request *request)
{
	const char *where = request->operands[0];
	struct buffer file = {0}, entry = {0}, text = {0};
	struct tlog_proof proof;
	struct checkpoint checkpoint;
	int status = DONE;

	if (request->entry == NULL)
		return say_wrong("tool tree", W("verify needs"), "--entry FILE");
	enum rule rule = input_read(&file, where, NOTE_MAX);
	if (rule == RULE_OK)
		rule = proof_parse(&proof, buffer_bytes(&file));
	if (rule == RULE_OK && (rule = input_read(&entry, request->entry, ENTRY_MAX)) != RULE_OK)
		where = request->entry;
	if (rule == RULE_OK)
		rule = check_inclusion(&proof, buffer_bytes(&entry), &checkpoint);
	if (rule != RULE_OK)
		status = say_rule(where, rule, "");
	if (status == DONE && request->policy != NULL)
		status = check_policy(request->policy, proof.checkpoint, where);
	if (status == DONE) {
		buffer_format(&text, "proved: entry %llu of %llu in ", (unsigned long long)proof.index,
			(unsigned long long)checkpoint.size);
		text_printable(&text, checkpoint.origin, false);
		buffer_string(&text, request->policy == NULL ? "\nnot looked at: who signed (no --policy)\n" :
			"\nproved: signed and cosigned as the policy asks\n");
		status = print(&text);
	}
	buffer_free(&file);
	buffer_free(&entry);
	return status;
}

static const struct {
	const char *name;
	int (*run)(const struct request *request);
	int least, most; /* operands */
	const char *options;
} subcommands[] = {
	{"root", run_root, 1, 1, "s"},
	{"leaf", run_leaf, 1, 1, ""},
	{"inclusion", run_inclusion, 2, 2, "s"},
	{"consistency", run_consistency, 2, 3, ""},
	{"verify", run_verify, 1, 1, "ep"},
};
#define SUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))

/* Reads what follows the subcommand: DONE, WRONG_USE, or -1 for --help. */
static int read_request(struct request *request, int count, char **arguments, const char *allowed)
{
	static const struct option options[] = {
		{"size", required_argument, NULL, 's'},
		{"entry", required_argument, NULL, 'e'},
		{"policy", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((option = getopt_long(count, arguments, ":", options, NULL)) != -1) {
		if (option == 'h')
			return -1;
		if (option == '?' || option == ':' || strchr(allowed, option) == NULL)
			return say_wrong("tool tree", option == ':' ? W("value missing") : W("not an option here"),
				arguments[optind - 1]);
		*(option == 's' ? &request->size : option == 'e' ? &request->entry : &request->policy) = optarg;
	}
	for (; optind < count; optind++) {
		if (request->operand_count == 3)
			return say_wrong("tool tree", W("too much"), arguments[optind]);
		request->operands[request->operand_count++] = arguments[optind];
	}
	return DONE;
}

static int help(void)
{
	struct buffer text = {0};
	help_page(&text, &page);
	help_print(&text);
	return DONE;
}

int tool_tree(int count, char **arguments)
{
	if (count < 2)
		return say_wrong("tool tree", W("says nothing to do"), arguments[0]);
	if (strcmp(arguments[1], "--help") == 0)
		return help();
	for (size_t i = 0; i < SUBCOMMANDS; i++) {
		struct request request = {.size = NULL};
		if (strcmp(arguments[1], subcommands[i].name) != 0)
			continue;
		int status = read_request(&request, count - 1, arguments + 1, subcommands[i].options);
		if (status != DONE)
			return status < 0 ? help() : status;
		if (request.operand_count < subcommands[i].least || request.operand_count > subcommands[i].most)
			return say_wrong("tool tree", W("not as many arguments as it takes"), arguments[1]);
		return subcommands[i].run(&request);
	}
	return say_wrong("tool tree", W("no such subcommand"), arguments[1]);
}
