/* rule: the table and the one line of error. */
#include "rule.h"

#include <errno.h>
#include <string.h>

#include "test.h"

int main(void)
{
	test_start();
	bool unique = true, named = true;
	for (unsigned i = 0; i < RULE_COUNT; i++) {
		named = named && rule_name((enum rule)i)[0] != '\0' && rule_sentence((enum rule)i)[0] != '\0';
		unique = unique && rule_named(rule_name((enum rule)i)) == (enum rule)i;
	}
	test_check(named, "every rule has a name and a sentence");
	test_check(unique, "no name stands twice");
	test_check(rule_named("base.utf8") == RULE_UTF8 && rule_named("no.such") == RULE_COUNT, "rules by name");
	test_check(rule_is_system(RULE_MEMORY) && rule_is_system(RULE_DISK_FULL) && !rule_is_system(RULE_LIMIT) &&
			!rule_is_system(RULE_OK),
		"rules about this machine");
	static const struct { int error; enum rule rule; } errors[] = {{ENOMEM, RULE_MEMORY}, {ENOENT, RULE_NOT_FOUND},
		{ENOTDIR, RULE_NOT_FOUND}, {EACCES, RULE_PERMISSION}, {EPERM, RULE_PERMISSION},
		{EROFS, RULE_READ_ONLY}, {ENOSPC, RULE_DISK_FULL}, {EDQUOT, RULE_DISK_FULL},
		{EFBIG, RULE_DISK_FULL}, {ENAMETOOLONG, RULE_LIMIT}, {EIO, RULE_IO}, {EEXIST, RULE_IO}, {0, RULE_IO}};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		test_check(rule_of_errno(errors[i].error) == errors[i].rule, "%s", strerror(errors[i].error));
	char line[256], small[8];
	struct fault fault;
	const char *found = "Zh\x1b\xffz\xe2\x80\xae";
	test_check(fault_set(&fault, RULE_BASE64, 3, "found [%s]", found) == RULE_BASE64, "a fault gives its rule");
	fault_print(&fault, line, sizeof(line));
	const char *whole = "line 3: base64 is canonical, padded, without line breaks (found [Zh??z???]) "
		"[base.base64, RFC 4648 section 4]";
	test_check(strcmp(line, whole) == 0, "%s", line);
	fault_set(&fault, RULE_LIMIT, 0, "%s", "");
	fault_print(&fault, line, sizeof(line));
	test_check(strcmp(line, "longer or more than the limit allows [base.limit]") == 0, "%s", line);
	fault_print(&fault, small, sizeof(small));
	test_check(strcmp(small, "longer ") == 0, "cut and terminated");
	test_check(fault_set(NULL, RULE_HEX, 0, "%d", 1) == RULE_HEX, "nobody need listen");
	char huge[1000];
	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	fault_set(&fault, RULE_HEX, 0, "%s", huge);
	test_check(strlen(fault.detail) == sizeof(fault.detail) - 1, "a long detail is cut");
	return test_end();
}
