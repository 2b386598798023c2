/*
 * sql: what both connections of a store need of SQLite.
 */
#ifndef SQL_H
#define SQL_H

#include <sqlite3.h>

#include "rule.h"

/*
 * Opens an existing file and sets what holds for every connection. On failure *db is still to be closed, for its
 * message.
 */
enum rule sql_open(sqlite3 **db, const char *path);

/*
 * The rule for a result code of the last call on `db` (may be NULL), before which errno was set to 0. RULE_OK for
 * SQLITE_OK, SQLITE_ROW and SQLITE_DONE; never RULE_NOT_FOUND.
 */
enum rule sql_rule(sqlite3 *db, int result);

enum rule sql_run(sqlite3 *db, const char *text);
/*
 * Can this connection write? Where a file could not be opened to write, SQLite goes on reading it, for ever and without
 * a word.
 */
enum rule sql_writable(sqlite3 *db);
/* The first column of the first row. */
enum rule sql_number(sqlite3 *db, const char *text, int64_t *number);

#endif
