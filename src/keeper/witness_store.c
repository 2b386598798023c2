/*
 * witness_store: what a witness keeps: HOME/witness/key, and rows of HOME/witness/store.db:
 *
 *   "a" AGREEMENT              the agreement's note, by its 32 bytes
 *   "c" AGREEMENT PARTY 00 SERIAL   a card's note; the serial in 8 bytes
 *   "w" ORIGIN                 the newest checkpoint that it cosigned
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "file.h"
#include "skey.h"
#include "text.h"
#include "witness.h"

#define KEY_FILE_MAX 512

bool witness_home(const char *home)
{
	char path[4096];
	struct stat status;
	snprintf(path, sizeof(path), "%s/witness", home);
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* ---- the key ---- */

static enum rule read_key(struct witness *witness, struct fault *fault)
{
	char path[4200];
	struct buffer text = {.secret = true};
	snprintf(path, sizeof(path), "%s/key", witness->path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? RULE_OK : fault_bytes(fault, rule_of_errno(errno), 0, bytes_string(path));
	enum rule rule = file_read(fd, &text, KEY_FILE_MAX);
	close(fd);
	struct bytes line = buffer_bytes(&text);
	if (line.size != 0 && line.data[line.size - 1] == '\n')
		line.size--;
	if (rule == RULE_OK)
		rule = skey_parse(line, &witness->signer.vkey, witness->secret);
	if (rule == RULE_OK && witness->signer.vkey.type != SIGNATURE_COSIGNATURE)
		rule = RULE_VKEY_TYPE;
	if (rule == RULE_OK)
		witness->signer.secret = witness->secret;
	buffer_free(&text);
	return rule == RULE_OK ? RULE_OK : fault_bytes(fault, rule, 0, bytes_string(path));
}

static enum rule write_key(const struct witness *witness, struct fault *fault)
{
	char path[4200];
	struct buffer text = {.secret = true};
	snprintf(path, sizeof(path), "%s/key", witness->path);
	skey_write(&text, &witness->signer);
	buffer_u8(&text, '\n');
	enum rule rule = text.rule == RULE_OK ? file_create(AT_FDCWD, path, buffer_bytes(&text)) : text.rule;
	buffer_free(&text);
	int folder = rule == RULE_OK ? open(witness->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (rule == RULE_OK && (folder < 0 || fsync(folder) != 0))
		rule = rule_of_errno(errno);
	if (folder >= 0)
		close(folder);
	return rule == RULE_OK ? RULE_OK : fault_bytes(fault, rule, 0, bytes_string(path));
}

/* ---- what is stored ---- */

static enum rule read_value(struct witness *witness, const char *name, char *to, size_t capacity)
{
	struct buffer value = {0};
	enum rule rule = store_value_get(witness->store, name, &value);
	if (rule == RULE_OK && !bytes_to_string(buffer_bytes(&value), to, capacity))
		rule = RULE_STORE_CORRUPT;
	buffer_free(&value);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule read_values(struct witness *witness)
{
	enum rule rule = read_value(witness, "listen", witness->listen, sizeof(witness->listen));
	if (rule == RULE_OK)
		rule = read_value(witness, "prefix", witness->prefix, sizeof(witness->prefix));
	if (rule == RULE_OK)
		rule = read_value(witness, "pin", witness->pin, sizeof(witness->pin));
	return rule == RULE_OK ? read_value(witness, "address", witness->address, sizeof(witness->address)) : rule;
}

enum rule witness_open(struct witness **to, const char *folder, struct fault *fault)
{
	char path[4200];
	struct witness *witness = calloc(1, sizeof(*witness));
	if (witness == NULL)
		return fault_bytes(fault, RULE_MEMORY, 0, BYTES("witness"));
	snprintf(witness->path, sizeof(witness->path), "%s", folder);
	snprintf(path, sizeof(path), "%s/store.db", folder);
	witness->secret = secret_new(ED25519_SECRET);
	enum rule rule = witness->secret == NULL ? fault_bytes(fault, RULE_MEMORY, 0, BYTES("locked memory"))
		: store_open(&witness->store, path, fault);
	if (rule == RULE_OK)
		rule = read_key(witness, fault);
	if (rule == RULE_OK && (rule = read_values(witness)) != RULE_OK)
		fault_bytes(fault, rule, 0, bytes_string(path));
	if (rule == RULE_OK)
		rule = witness_load(witness, fault);
	if (rule == RULE_OK)
		*to = witness;
	else
		witness_close(witness);
	return rule;
}

void witness_close(struct witness *witness)
{
	if (witness == NULL)
		return;
	for (size_t i = 0; i < witness->log_count; i++)
		buffer_free(&witness->logs[i].note);
	free(witness->logs);
	store_close(witness->store);
	secret_free(witness->secret);
	free(witness);
}

/* ---- a new one ---- */

static enum rule put_values(struct witness *witness, const struct witness_making *making)
{
	enum rule rule = store_begin(witness->store);
	if (rule != RULE_OK)
		return rule;
	rule = store_value_put(witness->store, "listen", making->listen);
	if (rule == RULE_OK)
		rule = store_value_put(witness->store, "prefix", making->prefix);
	if (rule == RULE_OK)
		rule = store_value_put(witness->store, "pin", making->pin);
	if (rule == RULE_OK)
		rule = store_value_put(witness->store, "address", making->address);
	if (rule == RULE_OK)
		return store_commit(witness->store);
	store_rollback(witness->store);
	return rule;
}

enum rule witness_make(struct witness *witness, const struct witness_making *making, const struct random *random,
	struct fault *fault)
{
	uint8_t pin[SHA256_SIZE], public[ED25519_PUBLIC];
	char name[KEY_NAME_MAX + 1];
	if (witness->signer.secret != NULL)
		return fault_bytes(fault, RULE_SETUP_EXISTS, 0, making->name);
	if (!party_valid(making->name) || making->name.size > WITNESS_NAME_MAX)
		return fault_bytes(fault, RULE_NAME_PARTY, 0, making->name);
	if (!address_valid(making->address) || making->prefix.size >= sizeof(witness->prefix) ||
	    making->listen.size >= sizeof(witness->listen))
		return fault_bytes(fault, RULE_CARD_ADDRESS, 0, making->address);
	if (text_unhex(making->pin, pin, sizeof(pin)) != RULE_OK)
		return fault_bytes(fault, RULE_HEX, 0, making->pin);
	uint8_t *seed = secret_new(ED25519_SEED);
	if (seed == NULL)
		return fault_bytes(fault, RULE_MEMORY, 0, BYTES("locked memory"));
	random_fill(random, seed, ED25519_SEED);
	ed25519_secret(seed, witness->secret, public);
	secret_free(seed);
	snprintf(name, sizeof(name), "%.*s/witness", BYTES_SHOWN(making->name));
	enum rule rule = vkey_make(&witness->signer.vkey, bytes_string(name), SIGNATURE_COSIGNATURE, public);
	witness->signer.secret = witness->secret;
	if (rule == RULE_OK)
		rule = put_values(witness, making);
	if (rule == RULE_OK)
		rule = read_values(witness);
	/* the key comes last: what has none is none yet */
	return rule == RULE_OK ? write_key(witness, fault) : fault_bytes(fault, rule, 0, making->name);
}

enum rule witness_line(const struct witness *witness, struct buffer *to)
{
	struct bytes name = name_party(bytes_string(witness->signer.vkey.name));
	struct agreement_witness line = {.name = name, .vkey = witness->signer.vkey,
		.address = bytes_string(witness->address)};
	enum rule rule = text_unhex(bytes_string(witness->pin), line.pin, sizeof(line.pin));
	buffer_string(to, "witness ");
	agreement_witness_write(to, &line);
	return rule == RULE_OK ? to->rule : rule;
}
