/*
 * Tables: rows are found by one integer, log << 48 | index (tiles: log << 48 | level << 45 | index), so that the
 * entries of a log lie in order in one b-tree and its newest end is all that a running node touches. application_id
 * says that the file is ours, user_version which tables it has.
 *
 * A process that dies leaves at most a WAL beside the file; the next store_open() finds in it whole transactions only.
 */
#include "store.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "checkpointer.h"
#include "sql.h"

#define APPLICATION_ID 0x44c3a974 /* "D", e with acute in UTF-8, "t" */
#define VERSION 1
#define STRINGIFY(x) #x
#define STRING(x) STRINGIFY(x)

#define INDEX_BITS 48
#define LEVEL_BITS 45
#define TILE_LEVEL_MAX 7u
#define PAGE_SIZE_BYTES 4096
#define WAL_WAKE_PAGES 1000                         /* growth after which the checkpointer is woken */
#define WAL_PAGES_MAX ((64 << 20) / PAGE_SIZE_BYTES) /* size from which a transaction checkpoints before it begins */

static const char schema[] =
	"BEGIN;"
	"CREATE TABLE entry(id INTEGER PRIMARY KEY, state INTEGER NOT NULL, note BLOB NOT NULL) STRICT;"
	"CREATE TABLE tile(id INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;"
	"CREATE TABLE checkpoint(log INTEGER NOT NULL, size INTEGER NOT NULL, note BLOB NOT NULL,"
	" PRIMARY KEY(log, size)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE value(name BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE mark(kind INTEGER NOT NULL, key BLOB NOT NULL, place INTEGER NOT NULL,"
	" PRIMARY KEY(kind, key, place)) STRICT, WITHOUT ROWID;"
	"PRAGMA application_id=" STRING(APPLICATION_ID) ";"
	"PRAGMA user_version=" STRING(VERSION) ";"
	"COMMIT;";

/* Stores that were made before there were such tables lack them. */
static const char later[] =
	"CREATE TABLE IF NOT EXISTS event(number INTEGER PRIMARY KEY, event BLOB NOT NULL) STRICT;"
	"CREATE TABLE IF NOT EXISTS row(key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;";

enum statement {
	BEGIN, COMMIT, ROLLBACK,
	ENTRY_ADD, ENTRY_STATE, ENTRY_GET, ENTRY_SCAN,
	TILE_PUT, TILE_GET,
	CHECKPOINT_PUT, CHECKPOINT_GET, CHECKPOINT_BELOW,
	VALUE_PUT, VALUE_GET,
	MARK_ADD, MARK_REMOVE, MARK_NEXT, MARK_SCAN,
	EVENT_ADD, EVENT_SCAN, EVENT_BOUNDS, EVENT_DROP,
	ROW_PUT, ROW_GET, ROW_REMOVE, ROW_NEXT,
	STATEMENTS
};

/* ?1 and ?2 are the numbers of struct arguments, ?3 and ?4 its bytes. */
static const char *const texts[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[ENTRY_ADD] = "INSERT INTO entry(id, state, note) VALUES(?1, ?2, ?3)",
	[ENTRY_STATE] = "UPDATE entry SET state = ?2 WHERE id = ?1",
	[ENTRY_GET] = "SELECT state, note FROM entry WHERE id = ?1",
	[ENTRY_SCAN] = "SELECT id, state, note FROM entry WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
	[TILE_PUT] = "INSERT OR REPLACE INTO tile(id, hashes) VALUES(?1, ?3)",
	[TILE_GET] = "SELECT hashes FROM tile WHERE id = ?1",
	[CHECKPOINT_PUT] = "INSERT OR REPLACE INTO checkpoint(log, size, note) VALUES(?1, ?2, ?3)",
	[CHECKPOINT_GET] = "SELECT size, note FROM checkpoint WHERE log = ?1 AND size >= ?2 ORDER BY size LIMIT 1",
	[CHECKPOINT_BELOW] =
		"SELECT size, note FROM checkpoint WHERE log = ?1 AND size <= ?2 ORDER BY size DESC LIMIT 1",
	[VALUE_PUT] = "INSERT OR REPLACE INTO value(name, value) VALUES(?3, ?4)",
	[VALUE_GET] = "SELECT value FROM value WHERE name = ?3",
	[MARK_ADD] = "INSERT OR IGNORE INTO mark(kind, key, place) VALUES(?1, ?3, ?2)",
	[MARK_REMOVE] = "DELETE FROM mark WHERE kind = ?1 AND key = ?3 AND place = ?2",
	[MARK_NEXT] = "SELECT place FROM mark WHERE kind = ?1 AND key = ?3 AND place >= ?2 ORDER BY place LIMIT 1",
	[MARK_SCAN] = "SELECT place FROM mark WHERE kind = ?1 AND key = ?3 ORDER BY place",
	[EVENT_ADD] = "INSERT INTO event(event) VALUES(?3)", /* the number is one above the greatest */
	[EVENT_SCAN] = "SELECT number, event FROM event WHERE number >= ?1 ORDER BY number",
	[EVENT_BOUNDS] = "SELECT (SELECT min(number) FROM event), (SELECT max(number) FROM event)",
	[EVENT_DROP] = "DELETE FROM event WHERE number < ?1 AND number < (SELECT max(number) FROM event)",
	[ROW_PUT] = "INSERT OR REPLACE INTO row(key, value) VALUES(?3, ?4)",
	[ROW_GET] = "SELECT value FROM row WHERE key = ?3",
	[ROW_REMOVE] = "DELETE FROM row WHERE key = ?3",
	[ROW_NEXT] = "SELECT key, value FROM row WHERE key >= ?3 ORDER BY key LIMIT 1",
};

struct arguments {
	int64_t numbers[2];
	struct bytes bytes[2];
};

struct store {
	sqlite3 *db;
	int lock; /* the file, flock()ed; closed last, for closing it drops SQLite's own locks */
	struct checkpointer *checkpointer;
	sqlite3_stmt *statements[STATEMENTS]; /* NULL while one is in use */
	bool open, wrote;
	enum rule broken; /* why the open transaction can only be rolled back; it is undone already */
	int wal_pages, woken_at;
};

/* ---- statements ---- */

/* Takes the statement out of its place, so that a callback that asks the same again gets one of its own. */
static enum rule take(struct store *store, enum statement which, sqlite3_stmt **statement)
{
	*statement = store->statements[which];
	store->statements[which] = NULL;
	if (*statement != NULL)
		return RULE_OK;
	return sql_rule(store->db,
		sqlite3_prepare_v3(store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL));
}

static void give_back(struct store *store, enum statement which, sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	if (store->statements[which] == NULL)
		store->statements[which] = statement;
	else
		sqlite3_finalize(statement);
}

static enum rule bind(struct store *store, sqlite3_stmt *statement, const struct arguments *arguments)
{
	int count = sqlite3_bind_parameter_count(statement), result = SQLITE_OK;
	for (int i = 0; i < 2 && i < count && result == SQLITE_OK; i++)
		result = sqlite3_bind_int64(statement, i + 1, arguments->numbers[i]);
	for (int i = 0; i < 2 && i + 2 < count && result == SQLITE_OK; i++) {
		struct bytes bytes = arguments->bytes[i];
		const void *data = bytes.size == 0 ? "" : (const void *)bytes.data; /* a null pointer would bind NULL */
		result = sqlite3_bind_blob64(statement, i + 3, data, bytes.size, SQLITE_STATIC);
	}
	return sql_rule(store->db, result);
}

/* Runs a statement up to its first row; then *row is it, to be given back. RULE_NOT_FOUND without one. */
static enum rule query(struct store *store, enum statement which, const struct arguments *arguments, sqlite3_stmt **row)
{
	sqlite3_stmt *statement;
	enum rule rule = take(store, which, &statement);
	if (rule != RULE_OK)
		return rule;
	rule = bind(store, statement, arguments);
	if (rule == RULE_OK) {
		errno = 0;
		int result = sqlite3_step(statement);
		rule = result == SQLITE_DONE ? RULE_NOT_FOUND : sql_rule(store->db, result);
	}
	if (rule == RULE_OK)
		*row = statement;
	else
		give_back(store, which, statement);
	return rule;
}

/* Runs a statement that gives no row. */
static enum rule run(struct store *store, enum statement which, const struct arguments *arguments)
{
	sqlite3_stmt *row;
	enum rule rule = query(store, which, arguments, &row);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static struct bytes column_bytes(sqlite3_stmt *row, int column)
{
	const void *data = sqlite3_column_blob(row, column);
	return bytes_of(data == NULL ? "" : data, (size_t)sqlite3_column_bytes(row, column));
}

static enum rule append_column(struct buffer *to, sqlite3_stmt *row, int column)
{
	buffer_add(to, column_bytes(row, column));
	return to->rule;
}

/* ---- opening ---- */

static enum rule create(sqlite3 *db)
{
	enum rule rule = sql_run(db, schema);
	if (rule != RULE_OK && !sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rule;
}

/* SQLite goes on in another mode where it cannot have this one, and says so in a row only. */
static enum rule use_wal(sqlite3 *db)
{
	sqlite3_stmt *statement = NULL;
	errno = 0;
	int result = sqlite3_prepare_v2(db, "PRAGMA journal_mode=WAL", -1, &statement, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_step(statement);
	enum rule rule = sql_rule(db, result);
	if (result == SQLITE_ROW && !bytes_is(column_bytes(statement, 0), "wal"))
		rule = RULE_IO;
	sqlite3_finalize(statement);
	return rule;
}

/* Nothing is written to a file that is not ours. */
static enum rule identify(sqlite3 *db)
{
	int64_t application = 0, version = 0, tables = 0;
	enum rule rule = sql_number(db, "PRAGMA application_id", &application);
	if (rule == RULE_OK)
		rule = sql_number(db, "PRAGMA user_version", &version);
	if (rule == RULE_OK)
		rule = sql_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rule != RULE_OK)
		return rule;
	bool new = application == 0 && version == 0 && tables == 0; /* or one whose creation was cut short */
	if (!new && (application != APPLICATION_ID || version != VERSION))
		return RULE_STORE_FORMAT;
	rule = sql_run(db, "PRAGMA page_size=" STRING(PAGE_SIZE_BYTES));
	if (rule == RULE_OK)
		rule = use_wal(db);
	if (rule == RULE_OK)
		rule = sql_writable(db);
	if (rule == RULE_OK && new)
		rule = create(db);
	return rule == RULE_OK ? sql_run(db, later) : rule;
}

/* Takes the file for this process alone. */
static enum rule lock_file(struct store *store, const char *path)
{
	store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (store->lock < 0)
		return errno == EISDIR ? RULE_STORE_FORMAT : rule_of_errno(errno);
	struct stat status;
	if (fstat(store->lock, &status) != 0)
		return RULE_IO;
	if (!S_ISREG(status.st_mode))
		return RULE_STORE_FORMAT;
	if (flock(store->lock, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? RULE_STORE_BUSY : RULE_IO;
	return RULE_OK;
}

static int after_commit(void *context, sqlite3 *db, const char *name, int pages)
{
	struct store *store = context;
	(void)db;
	(void)name;
	store->wal_pages = pages;
	store->wrote = true;
	return SQLITE_OK;
}

static enum rule prepare_all(struct store *store)
{
	for (enum statement which = BEGIN; which < STATEMENTS; which++) {
		sqlite3_stmt *statement;
		enum rule rule = take(store, which, &statement);
		if (rule != RULE_OK)
			return rule;
		give_back(store, which, statement);
	}
	return RULE_OK;
}

static enum rule open_all(struct store *store, const char *path)
{
	enum rule rule = lock_file(store, path);
	if (rule == RULE_OK)
		rule = sql_open(&store->db, path);
	if (rule == RULE_OK)
		rule = identify(store->db);
	if (rule == RULE_OK)
		rule = prepare_all(store);
	if (rule == RULE_OK)
		rule = checkpointer_start(&store->checkpointer, path);
	return rule;
}

enum rule store_open(struct store **store, const char *path, struct fault *fault)
{
	struct store *new = calloc(1, sizeof(*new));
	if (new == NULL)
		return fault_set(fault, RULE_MEMORY, 0, "%s", path);
	new->lock = -1;
	enum rule rule = open_all(new, path);
	if (rule != RULE_OK) {
		bool known = new->db != NULL && sqlite3_errcode(new->db) != SQLITE_OK;
		fault_set(fault, rule, 0, "%s%s%s", path, known ? ": " : "", known ? sqlite3_errmsg(new->db) : "");
		store_close(new);
		return rule;
	}
	sqlite3_wal_hook(new->db, after_commit, new);
	*store = new;
	return RULE_OK;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	checkpointer_stop(store->checkpointer);
	for (enum statement which = BEGIN; which < STATEMENTS; which++)
		sqlite3_finalize(store->statements[which]);
	sqlite3_close(store->db); /* rolls back; the last connection takes the WAL into the file and removes it */
	if (store->lock >= 0)
		close(store->lock);
	free(store);
}

/* ---- transactions ---- */

enum rule store_begin(struct store *store)
{
	assert(!store->open);
	store->wrote = false;
	if (store->wal_pages >= WAL_PAGES_MAX) {
		enum rule rule = checkpointer_run(store->checkpointer);
		if (rule != RULE_OK)
			return rule;
		store->wal_pages = 0; /* the next write starts the WAL over */
	}
	enum rule rule = run(store, BEGIN, &(struct arguments){0});
	if (rule != RULE_OK)
		return rule;
	store->open = true;
	return RULE_OK;
}

/* Some failures have undone the transaction already. */
static void undo(struct store *store)
{
	if (!sqlite3_get_autocommit(store->db))
		run(store, ROLLBACK, &(struct arguments){0});
}

enum rule store_commit(struct store *store)
{
	assert(store->open);
	enum rule rule = store->broken != RULE_OK ? store->broken : run(store, COMMIT, &(struct arguments){0});
	if (rule != RULE_OK) {
		store_rollback(store);
		return rule;
	}
	store->open = false;
	if (store->wal_pages < store->woken_at)
		store->woken_at = 0; /* the WAL was started over */
	if (store->wal_pages - store->woken_at >= WAL_WAKE_PAGES) {
		store->woken_at = store->wal_pages;
		checkpointer_wake(store->checkpointer);
	}
	return RULE_OK;
}

void store_rollback(struct store *store)
{
	undo(store);
	store->open = false;
	store->broken = RULE_OK;
}

bool store_wrote(const struct store *store)
{
	return store->wrote;
}

/* A write that fails for any reason but its own place breaks the transaction, for SQLite may have undone it. */
static enum rule change(struct store *store, enum statement which, const struct arguments *arguments)
{
	assert(store->open);
	if (store->broken != RULE_OK)
		return store->broken;
	enum rule rule = run(store, which, arguments);
	if (rule != RULE_OK && rule != RULE_STORE_TAKEN) {
		undo(store);
		store->broken = rule;
	}
	return rule;
}

/* ---- entries ---- */

static bool place_fits(unsigned log, uint64_t index)
{
	return log <= STORE_LOG_MAX && index >> INDEX_BITS == 0;
}

static int64_t place(unsigned log, uint64_t index)
{
	return (int64_t)((uint64_t)log << INDEX_BITS | index);
}

static uint64_t place_index(int64_t id)
{
	return (uint64_t)id & (((uint64_t)1 << INDEX_BITS) - 1);
}

enum rule store_entry_add(struct store *store, unsigned log, uint64_t index, struct bytes note, uint8_t state)
{
	if (!place_fits(log, index))
		return RULE_LIMIT;
	return change(store, ENTRY_ADD, &(struct arguments){{place(log, index), state}, {note}});
}

enum rule store_entry_state_set(struct store *store, unsigned log, uint64_t index, uint8_t state)
{
	if (!place_fits(log, index))
		return RULE_NOT_FOUND;
	enum rule rule = change(store, ENTRY_STATE, &(struct arguments){{place(log, index), state}});
	return rule == RULE_OK && sqlite3_changes64(store->db) == 0 ? RULE_NOT_FOUND : rule;
}

enum rule store_entry_get(struct store *store, unsigned log, uint64_t index, struct buffer *note, uint8_t *state)
{
	if (!place_fits(log, index))
		return RULE_NOT_FOUND;
	sqlite3_stmt *row;
	enum rule rule = query(store, ENTRY_GET, &(struct arguments){{place(log, index)}}, &row);
	if (rule != RULE_OK)
		return rule;
	uint8_t found = (uint8_t)sqlite3_column_int(row, 0);
	if (note != NULL)
		rule = append_column(note, row, 1);
	if (rule == RULE_OK && state != NULL)
		*state = found;
	give_back(store, ENTRY_GET, row);
	return rule;
}

/* Goes on to the next row; RULE_NOT_FOUND after the last. */
static enum rule next(struct store *store, sqlite3_stmt *row)
{
	errno = 0;
	int result = sqlite3_step(row);
	return result == SQLITE_DONE ? RULE_NOT_FOUND : sql_rule(store->db, result);
}

enum rule store_entry_scan(struct store *store, const struct store_range *range, store_entry_each each, void *context)
{
	uint64_t end = range->end >> INDEX_BITS == 0 ? range->end : (uint64_t)1 << INDEX_BITS;
	if (range->log > STORE_LOG_MAX || range->start >= end)
		return RULE_OK;
	struct arguments arguments = {{place(range->log, range->start), place(range->log, end - 1)}};
	sqlite3_stmt *row;
	enum rule rule = query(store, ENTRY_SCAN, &arguments, &row);
	if (rule != RULE_OK)
		return rule == RULE_NOT_FOUND ? RULE_OK : rule;
	bool more = true;
	while (rule == RULE_OK && more) {
		rule = each(context, place_index(sqlite3_column_int64(row, 0)), column_bytes(row, 2),
			(uint8_t)sqlite3_column_int(row, 1));
		if (rule == RULE_OK) {
			rule = next(store, row);
			more = rule == RULE_OK;
			rule = rule == RULE_NOT_FOUND ? RULE_OK : rule;
		}
	}
	give_back(store, ENTRY_SCAN, row);
	return rule;
}

/* ---- tiles ---- */

static bool tile_fits(unsigned log, unsigned level, uint64_t index)
{
	return log <= STORE_LOG_MAX && level <= TILE_LEVEL_MAX && index >> LEVEL_BITS == 0;
}

static int64_t tile_place(unsigned log, unsigned level, uint64_t index)
{
	return place(log, (uint64_t)level << LEVEL_BITS | index);
}

enum rule store_tile_put(struct store *store, unsigned log, unsigned level, uint64_t index, struct bytes hashes)
{
	if (!tile_fits(log, level, index))
		return RULE_LIMIT;
	return change(store, TILE_PUT, &(struct arguments){{tile_place(log, level, index)}, {hashes}});
}

enum rule store_tile_get(struct store *store, unsigned log, unsigned level, uint64_t index, uint8_t *to, size_t size)
{
	if (!tile_fits(log, level, index))
		return RULE_NOT_FOUND;
	sqlite3_stmt *row;
	enum rule rule = query(store, TILE_GET, &(struct arguments){{tile_place(log, level, index)}}, &row);
	if (rule != RULE_OK)
		return rule;
	struct bytes hashes = column_bytes(row, 0);
	if (hashes.size != size)
		rule = RULE_STORE_CORRUPT;
	else if (size != 0)
		memcpy(to, hashes.data, size);
	give_back(store, TILE_GET, row);
	return rule;
}

/* ---- checkpoints ---- */

enum rule store_checkpoint_put(struct store *store, unsigned log, uint64_t size, struct bytes note)
{
	if (log > STORE_LOG_MAX || size > INT64_MAX)
		return RULE_LIMIT;
	return change(store, CHECKPOINT_PUT, &(struct arguments){{log, (int64_t)size}, {note}});
}

static enum rule get_checkpoint(struct store *store, enum statement which, const struct arguments *arguments,
	uint64_t *size, struct buffer *note)
{
	sqlite3_stmt *row;
	enum rule rule = query(store, which, arguments, &row);
	if (rule != RULE_OK)
		return rule;
	uint64_t found = (uint64_t)sqlite3_column_int64(row, 0);
	if (note != NULL)
		rule = append_column(note, row, 1);
	if (rule == RULE_OK && size != NULL)
		*size = found;
	give_back(store, which, row);
	return rule;
}

enum rule store_checkpoint_get(struct store *store, unsigned log, uint64_t at_least, uint64_t *size,
	struct buffer *note)
{
	if (at_least > INT64_MAX)
		return RULE_NOT_FOUND;
	return get_checkpoint(store, CHECKPOINT_GET, &(struct arguments){{log, (int64_t)at_least}}, size, note);
}

enum rule store_checkpoint_below(struct store *store, unsigned log, uint64_t below, uint64_t *size, struct buffer *note)
{
	if (below == 0)
		return RULE_NOT_FOUND;
	int64_t bound = below - 1 > INT64_MAX ? INT64_MAX : (int64_t)(below - 1);
	return get_checkpoint(store, CHECKPOINT_BELOW, &(struct arguments){{log, bound}}, size, note);
}

/* ---- named values ---- */

enum rule store_value_put(struct store *store, const char *name, struct bytes value)
{
	return change(store, VALUE_PUT, &(struct arguments){.bytes = {bytes_string(name), value}});
}

enum rule store_value_get(struct store *store, const char *name, struct buffer *value)
{
	sqlite3_stmt *row;
	enum rule rule = query(store, VALUE_GET, &(struct arguments){.bytes = {bytes_string(name)}}, &row);
	if (rule != RULE_OK)
		return rule;
	rule = append_column(value, row, 0);
	give_back(store, VALUE_GET, row);
	return rule;
}

/* ---- marks ---- */

enum rule store_mark_add(struct store *store, const struct store_mark *mark)
{
	if (!place_fits(mark->log, mark->index))
		return RULE_LIMIT;
	return change(store, MARK_ADD, &(struct arguments){{mark->kind, place(mark->log, mark->index)}, {mark->key}});
}

enum rule store_mark_remove(struct store *store, const struct store_mark *mark)
{
	if (!place_fits(mark->log, mark->index))
		return RULE_LIMIT;
	return change(store, MARK_REMOVE, &(struct arguments){{mark->kind, place(mark->log, mark->index)}, {mark->key}});
}

enum rule store_mark_next(struct store *store, struct store_mark *mark)
{
	if (!place_fits(mark->log, mark->index))
		return RULE_NOT_FOUND;
	struct arguments from = {{mark->kind, place(mark->log, mark->index)}, {mark->key}};
	sqlite3_stmt *row;
	enum rule rule = query(store, MARK_NEXT, &from, &row);
	if (rule != RULE_OK)
		return rule;
	int64_t id = sqlite3_column_int64(row, 0);
	if (id >> INDEX_BITS == (int64_t)mark->log)
		mark->index = place_index(id);
	else
		rule = RULE_NOT_FOUND;
	give_back(store, MARK_NEXT, row);
	return rule;
}

enum rule store_mark_scan(struct store *store, unsigned kind, struct bytes key, store_mark_each each, void *context)
{
	sqlite3_stmt *row;
	enum rule rule = query(store, MARK_SCAN, &(struct arguments){{kind}, {key}}, &row);
	if (rule != RULE_OK)
		return rule == RULE_NOT_FOUND ? RULE_OK : rule;
	bool more = true;
	while (rule == RULE_OK && more) {
		int64_t id = sqlite3_column_int64(row, 0);
		rule = each(context, (unsigned)(id >> INDEX_BITS), place_index(id));
		if (rule == RULE_OK) {
			rule = next(store, row);
			more = rule == RULE_OK;
			rule = rule == RULE_NOT_FOUND ? RULE_OK : rule;
		}
	}
	give_back(store, MARK_SCAN, row);
	return rule;
}

/* ---- rows ---- */

enum rule store_row_put(struct store *store, struct bytes key, struct bytes value)
{
	return change(store, ROW_PUT, &(struct arguments){.bytes = {key, value}});
}

enum rule store_row_get(struct store *store, struct bytes key, struct buffer *value)
{
	sqlite3_stmt *row;
	enum rule rule = query(store, ROW_GET, &(struct arguments){.bytes = {key}}, &row);
	if (rule != RULE_OK)
		return rule;
	rule = append_column(value, row, 0);
	give_back(store, ROW_GET, row);
	return rule;
}

enum rule store_row_remove(struct store *store, struct bytes key)
{
	return change(store, ROW_REMOVE, &(struct arguments){.bytes = {key}});
}

enum rule store_row_next(struct store *store, struct bytes from, struct buffer *key, struct buffer *value)
{
	sqlite3_stmt *row;
	enum rule rule = query(store, ROW_NEXT, &(struct arguments){.bytes = {from}}, &row);
	if (rule != RULE_OK)
		return rule;
	rule = append_column(key, row, 0);
	if (rule == RULE_OK)
		rule = append_column(value, row, 1);
	give_back(store, ROW_NEXT, row);
	return rule;
}

/* ---- events ---- */

enum rule store_event_add(struct store *store, struct bytes event, uint64_t *number)
{
	enum rule rule = change(store, EVENT_ADD, &(struct arguments){.bytes = {event}});
	if (rule == RULE_OK)
		*number = (uint64_t)sqlite3_last_insert_rowid(store->db);
	return rule;
}

enum rule store_event_scan(struct store *store, uint64_t from, store_event_each each, void *context)
{
	sqlite3_stmt *row;
	if (from > INT64_MAX)
		return RULE_OK;
	enum rule rule = query(store, EVENT_SCAN, &(struct arguments){{(int64_t)from}}, &row);
	if (rule != RULE_OK)
		return rule == RULE_NOT_FOUND ? RULE_OK : rule;
	bool more = true;
	while (rule == RULE_OK && more) {
		rule = each(context, (uint64_t)sqlite3_column_int64(row, 0), column_bytes(row, 1));
		if (rule == RULE_OK) {
			rule = next(store, row);
			more = rule == RULE_OK;
			rule = rule == RULE_NOT_FOUND ? RULE_OK : rule;
		}
	}
	give_back(store, EVENT_SCAN, row);
	return rule;
}

enum rule store_event_bounds(struct store *store, uint64_t *first, uint64_t *last)
{
	sqlite3_stmt *row;
	enum rule rule = query(store, EVENT_BOUNDS, &(struct arguments){0}, &row);
	if (rule != RULE_OK)
		return rule;
	*first = (uint64_t)sqlite3_column_int64(row, 0); /* of no row NULL, which is 0 */
	*last = (uint64_t)sqlite3_column_int64(row, 1);
	give_back(store, EVENT_BOUNDS, row);
	return RULE_OK;
}

enum rule store_event_drop(struct store *store, uint64_t below)
{
	int64_t bound = below > INT64_MAX ? INT64_MAX : (int64_t)below;
	return change(store, EVENT_DROP, &(struct arguments){{bound}});
}
