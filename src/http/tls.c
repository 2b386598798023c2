#include "tls.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"

#define PEM_MAX 16384

static enum rule system_fault(struct fault *fault, const char *directory, const char *name)
{
	int error = errno;
	return fault_set(fault, rule_of_errno(error), 0, "%s/%s: %s", directory, name, strerror(error));
}

static enum rule library_fault(struct fault *fault, int error)
{
	return fault_set(fault, RULE_TLS_LIBRARY, 0, "%s", gnutls_strerror(error));
}

static void wipe_and_free(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* ---- pins ---- */

static int pin_of(gnutls_x509_crt_t certificate, uint8_t pin[TLS_PIN_SIZE])
{
	gnutls_datum_t spki = {NULL, 0};
	gnutls_pubkey_t key;
	int error = gnutls_pubkey_init(&key);
	if (error < 0)
		return error;
	error = gnutls_pubkey_import_x509(key, certificate, 0);
	if (error >= 0)
		error = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &spki);
	if (error >= 0)
		error = gnutls_hash_fast(GNUTLS_DIG_SHA256, spki.data, spki.size, pin);
	gnutls_free(spki.data);
	gnutls_pubkey_deinit(key);
	return error;
}

bool tls_pin(struct bytes certificate, uint8_t pin[TLS_PIN_SIZE])
{
	gnutls_datum_t der = {(unsigned char *)(uintptr_t)certificate.data, (unsigned)certificate.size};
	gnutls_x509_crt_t read;
	if (certificate.size > UINT32_MAX || gnutls_x509_crt_init(&read) < 0)
		return false;
	int error = gnutls_x509_crt_import(read, &der, GNUTLS_X509_FMT_DER);
	if (error >= 0)
		error = pin_of(read, pin);
	gnutls_x509_crt_deinit(read);
	return error >= 0;
}

/* ---- making ---- */

/*
 * Who knows the pin knows the key, so the certificate states no more than software insists on. It is valid from a fixed
 * day, so that no clock is needed to make or to accept it, and has no end (RFC 5280 section 4.1.2.5).
 */
static int fill_certificate(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, const char *party)
{
	static const time_t from = 946684800, until = 253402300799; /* 2000-01-01T00:00:00Z, 9999-12-31T23:59:59Z */
	uint8_t serial[16];
	int error = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and of constant length */
	if (error >= 0)
		error = gnutls_x509_crt_set_version(certificate, 3);
	if (error >= 0)
		error = gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial));
	if (error >= 0)
		error = gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, party,
			(unsigned)strlen(party));
	if (error >= 0)
		error = gnutls_x509_crt_set_activation_time(certificate, from);
	if (error >= 0)
		error = gnutls_x509_crt_set_expiration_time(certificate, until);
	if (error >= 0)
		error = gnutls_x509_crt_set_key(certificate, key);
	if (error >= 0)
		error = gnutls_x509_crt_set_ca_status(certificate, 0);
	if (error >= 0)
		error = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (error >= 0)
		error = gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
	return error;
}

/* Gives both as PEM, which the caller frees with gnutls_free(), and the pin. */
static int generate(const char *party, gnutls_datum_t *key_pem, gnutls_datum_t *certificate_pem, uint8_t *pin)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t certificate = NULL;
	int error = gnutls_x509_privkey_init(&key);
	if (error >= 0)
		error = gnutls_x509_crt_init(&certificate);
	if (error >= 0)
		error = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (error >= 0)
		error = fill_certificate(certificate, key, party);
	if (error >= 0)
		error = pin_of(certificate, pin);
	if (error >= 0)
		error = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, key_pem);
	if (error >= 0)
		error = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, certificate_pem);
	gnutls_x509_crt_deinit(certificate);
	gnutls_x509_privkey_deinit(key);
	return error;
}

static struct bytes pem_bytes(gnutls_datum_t pem)
{
	return bytes_of(pem.data, pem.size);
}

static enum rule write_files(const char *directory, gnutls_datum_t key, gnutls_datum_t certificate, struct fault *fault)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return system_fault(fault, directory, "");
	const char *name = TLS_KEY_FILE;
	enum rule rule = file_create(fd, name, pem_bytes(key));
	if (rule == RULE_OK) {
		name = TLS_CERTIFICATE_FILE;
		rule = file_create(fd, name, pem_bytes(certificate));
		if (rule == RULE_OK && fsync(fd) != 0)
			rule = rule_of_errno(errno);
		if (rule != RULE_OK) {
			int error = errno;
			unlinkat(fd, TLS_KEY_FILE, 0);
			errno = error;
		}
	}
	if (rule != RULE_OK && errno == EEXIST)
		rule = fault_set(fault, RULE_TLS_EXISTS, 0, "%s/%s", directory, name);
	else if (rule != RULE_OK)
		rule = system_fault(fault, directory, name);
	close(fd);
	return rule;
}

enum rule tls_make(const char *directory, const char *party, uint8_t pin[TLS_PIN_SIZE], struct fault *fault)
{
	gnutls_datum_t key = {NULL, 0}, certificate = {NULL, 0};
	uint8_t made[TLS_PIN_SIZE];
	int error = generate(party, &key, &certificate, made);
	enum rule rule = error < 0 ? library_fault(fault, error) : write_files(directory, key, certificate, fault);
	if (rule == RULE_OK)
		memcpy(pin, made, sizeof(made));
	if (key.data != NULL)
		explicit_bzero(key.data, key.size);
	gnutls_free(key.data);
	gnutls_free(certificate.data);
	return rule;
}

/* ---- loading ---- */

static int open_file(const char *directory, const char *name)
{
	char path[PATH_MAX];
	int size = snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (size < 0 || (size_t)size >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/* The whole file as a string, which the caller wipes and frees. Takes the descriptor. */
static enum rule read_file(char **text, int fd, const char *directory, const char *name, struct fault *fault)
{
	char *content = calloc(1, PEM_MAX + 1);
	size_t got = 0;
	enum rule rule = RULE_OK;
	if (content == NULL)
		errno = ENOMEM;
	if (content == NULL || fd < 0 || file_fill(fd, (uint8_t *)content, PEM_MAX + 1, &got) != RULE_OK)
		rule = system_fault(fault, directory, name);
	else if (got == 0 || got > PEM_MAX || strlen(content) != got)
		rule = fault_set(fault, RULE_TLS_IDENTITY, 0, "%s/%s", directory, name);
	if (fd >= 0)
		close(fd);
	if (content == NULL)
		return rule;
	if (rule == RULE_OK) {
		*text = content;
	} else {
		explicit_bzero(content, PEM_MAX);
		free(content);
	}
	return rule;
}

/* The certificate is one, and the key is its key. */
static enum rule check(struct tls_identity *identity, const char *directory, struct fault *fault)
{
	gnutls_datum_t key_pem = {(unsigned char *)identity->key, (unsigned)strlen(identity->key)};
	gnutls_datum_t certificate_pem = {(unsigned char *)identity->certificate,
		(unsigned)strlen(identity->certificate)};
	uint8_t of_key[TLS_PIN_SIZE], of_certificate[TLS_PIN_SIZE];
	size_t size = sizeof(of_key), certificate_size = sizeof(of_certificate);
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t certificate = NULL;
	int error = gnutls_x509_privkey_init(&key);
	if (error >= 0)
		error = gnutls_x509_crt_init(&certificate);
	if (error >= 0)
		error = gnutls_x509_privkey_import(key, &key_pem, GNUTLS_X509_FMT_PEM);
	if (error >= 0)
		error = gnutls_x509_crt_import(certificate, &certificate_pem, GNUTLS_X509_FMT_PEM);
	if (error >= 0)
		error = gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, of_key, &size);
	if (error >= 0)
		error = gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, of_certificate,
			&certificate_size);
	if (error >= 0 && memcmp(of_key, of_certificate, sizeof(of_key)) != 0)
		error = GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
	if (error >= 0)
		error = pin_of(certificate, identity->pin);
	gnutls_x509_crt_deinit(certificate);
	gnutls_x509_privkey_deinit(key);
	if (error < 0)
		return fault_set(fault, RULE_TLS_IDENTITY, 0, "%s: %s", directory, gnutls_strerror(error));
	return RULE_OK;
}

/* A file that has no name but its descriptor's. */
static bool memory_file(const char *content, int *fd, char path[32])
{
	*fd = memfd_create("tls", MFD_CLOEXEC);
	snprintf(path, 32, "/proc/self/fd/%d", *fd);
	return *fd >= 0 && file_write(*fd, bytes_string(content)) == RULE_OK;
}

/* Takes the descriptors. */
static enum rule load(struct tls_identity **identity, const int fds[2], const char *directory, struct fault *fault)
{
	struct tls_identity *read = calloc(1, sizeof(*read));
	if (read == NULL) {
		for (int i = 0; i < 2; i++)
			if (fds[i] >= 0)
				close(fds[i]);
		return fault_set(fault, RULE_MEMORY, 0, "%s", directory);
	}
	read->key_fd = read->certificate_fd = -1;
	enum rule rule = read_file(&read->key, fds[0], directory, TLS_KEY_FILE, fault);
	enum rule second = read_file(&read->certificate, fds[1], directory, TLS_CERTIFICATE_FILE,
		rule == RULE_OK ? fault : NULL);
	if (rule == RULE_OK)
		rule = second;
	if (rule == RULE_OK)
		rule = check(read, directory, fault);
	if (rule == RULE_OK && !(memory_file(read->key, &read->key_fd, read->key_path) &&
	    memory_file(read->certificate, &read->certificate_fd, read->certificate_path)))
		rule = system_fault(fault, directory, "memory");
	if (rule == RULE_OK)
		*identity = read;
	else
		tls_free(read);
	return rule;
}

enum rule tls_load(struct tls_identity **identity, const char *directory, struct fault *fault)
{
	int fds[2] = {open_file(directory, TLS_KEY_FILE), -1};
	if (fds[0] < 0)
		return system_fault(fault, directory, TLS_KEY_FILE);
	fds[1] = open_file(directory, TLS_CERTIFICATE_FILE);
	if (fds[1] < 0) {
		enum rule rule = system_fault(fault, directory, TLS_CERTIFICATE_FILE);
		close(fds[0]);
		return rule;
	}
	return load(identity, fds, directory, fault);
}

enum rule tls_take(struct tls_identity **identity, int key, int certificate, struct fault *fault)
{
	const int fds[2] = {key, certificate};
	return load(identity, fds, "new identity", fault);
}

void tls_free(struct tls_identity *identity)
{
	if (identity == NULL)
		return;
	if (identity->key_fd >= 0)
		close(identity->key_fd);
	if (identity->certificate_fd >= 0)
		close(identity->certificate_fd);
	wipe_and_free(identity->key);
	wipe_and_free(identity->certificate);
	free(identity);
}
