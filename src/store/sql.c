#include "sql.h"

#include <errno.h>

enum rule sql_rule(sqlite3 *db, int result)
{
	switch (result) {
	case SQLITE_IOERR_NOMEM:
		return RULE_MEMORY;
	case SQLITE_IOERR_CORRUPTFS:
		return RULE_STORE_CORRUPT;
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return RULE_STORE_TAKEN;
	}
	switch (result & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return RULE_OK;
	case SQLITE_NOMEM:
		return RULE_MEMORY;
	case SQLITE_FULL:
		return RULE_DISK_FULL;
	case SQLITE_NOTADB:
		return RULE_STORE_FORMAT;
	case SQLITE_CORRUPT:
	case SQLITE_ERROR: /* a table that must be there is not */
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
		return RULE_STORE_CORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return RULE_STORE_BUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return RULE_PERMISSION;
	case SQLITE_TOOBIG:
		return RULE_LIMIT;
	}
	/* IOERR, CANTOPEN. SQLite keeps the errno of most calls, but not of those that a commit makes. */
	enum rule rule = rule_of_errno(errno != 0 || db == NULL ? errno : sqlite3_system_errno(db));
	return rule == RULE_NOT_FOUND ? RULE_IO : rule; /* a lost file is not a record that there never was */
}

enum rule sql_run(sqlite3 *db, const char *text)
{
	errno = 0;
	return sql_rule(db, sqlite3_exec(db, text, NULL, NULL, NULL));
}

enum rule sql_writable(sqlite3 *db)
{
	enum rule rule = sql_run(db, "BEGIN IMMEDIATE");
	if (rule == RULE_OK)
		rule = sql_run(db, "ROLLBACK");
	/* whoever took the lock on the file could open it to write: it is the disk */
	return rule == RULE_PERMISSION ? RULE_IO : rule;
}

enum rule sql_number(sqlite3 *db, const char *text, int64_t *number)
{
	sqlite3_stmt *statement = NULL;
	errno = 0;
	int result = sqlite3_prepare_v2(db, text, -1, &statement, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		*number = sqlite3_column_int64(statement, 0);
	enum rule rule = result == SQLITE_DONE ? RULE_STORE_CORRUPT : sql_rule(db, result);
	sqlite3_finalize(statement);
	return rule;
}

/*
 * FULL: a commit returns when the log of it is on the disk. The automatic checkpoint is off because it runs inside a
 * commit; the checkpointer does it beside. Nothing is mapped, so that a failing disk is an error and not a signal;
 * nothing temporary goes to a file.
 */
enum rule sql_open(sqlite3 **db, const char *path)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
	errno = 0;
	int result = sqlite3_open_v2(path, db, flags, NULL);
	if (result != SQLITE_OK)
		return sql_rule(*db, result);
	return sql_run(*db,
		"PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0; PRAGMA cache_size=-8192;"
		"PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF;");
}
