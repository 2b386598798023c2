/* tls: an identity is made once, only its owner can read it, and what is read is what was made. */
#include "tls.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

static char folder[] = "/tmp/detente-tls-XXXXXX";

static bool is_private(const char *name)
{
	struct stat status;
	return fstatat(open(folder, O_PATH | O_CLOEXEC), name, &status, 0) == 0 && (status.st_mode & 07777) == 0600;
}

/* Writes over a file of the folder. */
static void put(const char *name, const char *text)
{
	char path[64];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	if (file != NULL) {
		fputs(text, file);
		fclose(file);
	}
}

static enum rule load(void)
{
	struct tls_identity *identity = NULL;
	struct fault fault = {0};
	enum rule rule = tls_load(&identity, folder, &fault);
	tls_free(identity);
	return rule;
}

static void test_make(void)
{
	uint8_t pin[TLS_PIN_SIZE] = {0}, again[TLS_PIN_SIZE] = {0};
	struct fault fault = {0};
	umask(0);
	test_check(tls_make(folder, "a.example", pin, &fault) == RULE_OK, "an identity is made");
	test_check(is_private(TLS_KEY_FILE) && is_private(TLS_CERTIFICATE_FILE), "for its owner only");
	test_check(tls_make(folder, "a.example", again, &fault) == RULE_TLS_EXISTS &&
		again[0] == 0, "and not made twice");
	test_check(tls_make("/nonexistent", "a.example", again, &fault) == RULE_NOT_FOUND,
		"nor where there is no folder");
	struct tls_identity *identity = NULL;
	test_check(tls_load(&identity, folder, &fault) == RULE_OK && memcmp(identity->pin, pin, sizeof(pin)) == 0,
		"it is read, with the same pin");
	char content[32] = "";
	int fd = identity == NULL ? -1 : open(identity->key_path, O_RDONLY | O_CLOEXEC);
	test_check(fd >= 0 && read(fd, content, 27) == 27 && strcmp(content, "-----BEGIN PRIVATE KEY-----") == 0,
		"and read again from memory");
	close(fd);
	tls_free(identity);
	tls_free(NULL);
}

static void test_load(void)
{
	put(TLS_KEY_FILE, "-----BEGIN PRIVATE KEY-----\nno\n-----END PRIVATE KEY-----\n");
	test_check(load() == RULE_TLS_IDENTITY, "a key that is none is refused");
	put(TLS_KEY_FILE, "");
	test_check(load() == RULE_TLS_IDENTITY, "an empty key is refused");
	unlinkat(open(folder, O_PATH | O_CLOEXEC), TLS_KEY_FILE, 0);
	test_check(load() == RULE_NOT_FOUND, "a missing key is refused");
	uint8_t pin[TLS_PIN_SIZE];
	struct fault fault = {0};
	test_check(tls_make(folder, "a.example", pin, &fault) == RULE_TLS_EXISTS && load() == RULE_NOT_FOUND,
		"half an identity is not completed, and no key is left behind");
	test_check(!tls_pin(BYTES("0"), pin), "what is no certificate has no pin");
}

int main(void)
{
	test_start();
	if (mkdtemp(folder) == NULL)
		return 99;
	test_make();
	test_load();
	unlinkat(open(folder, O_PATH | O_CLOEXEC), TLS_CERTIFICATE_FILE, 0);
	rmdir(folder);
	return test_end();
}
