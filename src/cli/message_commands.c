/*
 * message_commands: writing, reading and proving, all by the keeper.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "commands.h"
#include "input.h"
#include "output.h"
#include "sizes.h"
#include "text.h"

/* FIELD=VALUE, FIELD=@FILE (its content), FIELD=@@TEXT (a value that begins with '@'): key and value, `between` them. */
static int ask_value(struct ask *ask, const char *name, const char *operand, const char *between)
{
	const char *equals = strchr(operand, '=');
	struct buffer value = {0};
	enum rule rule = RULE_OK;
	if (equals == NULL)
		return CALL_WRONG_USE(ask->call, "a field is given as KEY=VALUE or KEY=@FILE, not '{1}'",
			bytes_string(operand));
	buffer_add(&value, bytes_of(operand, (size_t)(equals - operand)));
	buffer_string(&value, between);
	if (equals[1] == '@' && equals[2] != '@')
		rule = input_read(&value, equals + 2, ENTRY_SEALED_MAX);
	else
		buffer_string(&value, equals + (equals[1] == '@' ? 2 : 1));
	if (rule == RULE_OK)
		ask_add(ask, name, buffer_bytes(&value));
	buffer_free(&value);
	return rule == RULE_OK ? DONE : say_rule(equals + 2, rule, "");
}

static int ask_field(struct ask *ask, const char *operand)
{
	return ask_value(ask, "field", operand, "=");
}

/* --courtesy LANG:FIELD=VALUE */
static int ask_courtesy(struct ask *ask)
{
	const char *option;
	int status = DONE;
	for (int n = 0; status == DONE && (option = call_option_at(ask->call, "courtesy", n)) != NULL; n++) {
		char text[4096];
		size_t size = strlen(option), lang = strcspn(option, ":");
		bool given = lang < strcspn(option, "=") && size < sizeof(text);
		if (!given && size >= sizeof(text))
			return call_wrong(ask->call, W("a long translation comes from a file: LANG:FIELD=@FILE"));
		if (!given)
			return CALL_WRONG_USE(ask->call,
				"--courtesy takes LANG:FIELD=VALUE or LANG:FIELD=@FILE, not '{1}'", bytes_string(option));
		memcpy(text, option, size + 1);
		text[lang] = ' ';
		status = ask_value(ask, "courtesy", text, " ");
	}
	return status;
}

/* --wait SECONDS, as milliseconds. */
static int ask_wait(struct ask *ask)
{
	const char *wait = call_option(ask->call, "wait");
	char *end, text[32];
	if (wait == NULL)
		return DONE;
	double seconds = strtod(wait, &end);
	if (end == wait || *end != '\0' || !(seconds >= 0 && seconds <= 3600))
		return CALL_WRONG_USE(ask->call, "--wait takes seconds, 0 to 3600, not '{1}'", bytes_string(wait));
	snprintf(text, sizeof(text), "%.0f", seconds * 1000);
	ask_string(ask, "wait", text);
	ask->calls = seconds > 0;
	return DONE;
}

/* --attach FILE: its descriptor goes to the keeper, with the last part of its path as its name. */
static int ask_attach(struct ask *ask)
{
	const char *path;
	for (int n = 0; (path = call_option_at(ask->call, "attach", n)) != NULL; n++) {
		const char *slash = strrchr(path, '/');
		if (ask->descriptor_count == ENTRY_ATTACHMENTS_MAX)
			return CALL_WRONG_USE(ask->call, "at most {1} attachments", NUMBER(ENTRY_ATTACHMENTS_MAX));
		int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (file < 0)
			return say_rule(path, rule_of_errno(errno), "attach");
		ask->descriptors[ask->descriptor_count++] = file;
		ask_string(ask, "attach", slash == NULL ? path : slash + 1);
	}
	return DONE;
}

static int send_entry(const struct call *call, const char *re, const char *form, int fields_from)
{
	struct ask ask;
	ask_begin(&ask, call, "send");
	ask_string(&ask, "form", form);
	ask_string(&ask, "re", re);
	ask_options(&ask, (const char *const[]){"to", "from", "matter", "tlp", "transcribed", NULL});
	ask_string(&ask, "language", call_option(call, "lang"));
	if (re == NULL)
		ask_options(&ask, (const char *const[]){"re", NULL});
	ask.without_mirrors = call_option(call, "without-mirrors") != NULL;
	ask.calls = true;
	int status = ask_wait(&ask);
	for (int i = fields_from; status == DONE && i < call->operand_count; i++)
		status = ask_field(&ask, call->operands[i]);
	if (status == DONE)
		status = ask_courtesy(&ask);
	if (status == DONE)
		status = ask_attach(&ask);
	if (status == DONE)
		status = ask_run(&ask);
	else
		ask_drop(&ask);
	while (ask.descriptor_count > 0)
		close(ask.descriptors[--ask.descriptor_count]);
	return status;
}

int run_send(const struct call *call)
{
	return send_entry(call, NULL, call->operands[0], 1);
}

int run_answer(const struct call *call)
{
	return send_entry(call, call->operands[0], call->operands[1], 2);
}

static int simple(const struct call *call, const char *name, const char *operand, const char *const *options)
{
	struct ask ask;
	ask_begin(&ask, call, name);
	if (call->operand_count > 0)
		ask_string(&ask, operand, call->operands[0]);
	ask_options(&ask, options);
	int status = ask_wait(&ask); /* where the command has it */
	if (status == DONE)
		return ask_run(&ask);
	ask_drop(&ask);
	return status;
}

int run_inbox(const struct call *call)
{
	return simple(call, "inbox", "", (const char *const[]){"all", "limit", "json", NULL});
}

/* --save DIR: the entry's attachments go there. */
static int save(const struct call *call, const char *path)
{
	struct folder_writer writer = {.folder = -1, .file = -1};
	struct ask ask;
	if ((mkdir(path, 0777) != 0 && errno != EEXIST) ||
	    (writer.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return say_rule(path, rule_of_errno(errno), "show --save");
	ask_begin(&ask, call, "show");
	ask_string(&ask, "entry", call->operands[0]);
	ask_options(&ask, (const char *const[]){"json", NULL});
	ask_string(&ask, "save", "");
	ask.folder = &writer;
	int status = ask_run(&ask);
	if (status == SYSTEM || status == HELD)
		folder_writer_drop(&writer);
	enum rule rule = folder_writer_end(&writer);
	close(writer.folder);
	return rule == RULE_OK ? status : say_rule(path, rule, "");
}

int run_show(const struct call *call)
{
	if (call_option(call, "save") != NULL)
		return call_option(call, "raw") != NULL ? call_wrong(call, W("--raw saves nothing"))
			: save(call, call_option(call, "save"));
	return simple(call, "show", "entry", (const char *const[]){"raw", "print", "json", NULL});
}

int run_status(const struct call *call)
{
	return simple(call, "status", "", (const char *const[]){"json", NULL});
}

int run_ladder(const struct call *call)
{
	bool enters = call_option(call, "result") != NULL;
	struct ask ask;
	if (enters != (call->operand_count == 2) || (!enters && call_option(call, "party") != NULL))
		return call_wrong(call, W("a result is entered with RUNG and --result TEXT"));
	ask_begin(&ask, call, enters ? "ladder-result" : "ladder");
	ask_string(&ask, "entry", call->operands[0]);
	if (enters)
		ask_string(&ask, "rung", call->operands[1]);
	ask_options(&ask, (const char *const[]){"result", "party", NULL});
	return ask_run(&ask);
}

int run_search(const struct call *call)
{
	struct ask ask;
	ask_begin(&ask, call, "search");
	for (int i = 0; i < call->operand_count; i++)
		ask_string(&ask, "word", call->operands[i]);
	ask_options(&ask, (const char *const[]){"limit", "json", NULL});
	return ask_run(&ask);
}

int run_timeline(const struct call *call)
{
	return simple(call, "timeline", "", (const char *const[]){"at", "limit", "json", NULL});
}

int run_matters(const struct call *call)
{
	if (call->operand_count == 0)
		return simple(call, "matters", "", (const char *const[]){"all", "limit", "json", NULL});
	return simple(call, "matters", "matter", (const char *const[]){"json", NULL});
}

int run_obligations(const struct call *call)
{
	return simple(call, "obligations", "", (const char *const[]){"mine", "theirs", "all", "limit", "json", NULL});
}

int run_compare(const struct call *call)
{
	return simple(call, "compare", "", (const char *const[]){"limit", "json", NULL});
}

int run_picture(const struct call *call)
{
	const char *path = call_option(call, "svg");
	if (path == NULL || call_option(call, "json") != NULL)
		return path == NULL ? simple(call, "picture", "", (const char *const[]){"json", NULL})
			: call_wrong(call, W("--svg is a drawing, --json is not"));
	/* what is printed goes into the file, which must not be there yet */
	bool file = !is_standard(path);
	if (file && freopen(path, "wx", stdout) == NULL)
		return say_rule(path, rule_of_errno(errno), "picture --svg");
	int status = simple(call, "picture", "", (const char *const[]){"svg", NULL});
	bool written = fflush(stdout) == 0 && ferror(stdout) == 0;
	if (file && (status != DONE || !written))
		unlink(path);
	return status == DONE && !written ? say_rule(path, RULE_IO, "picture --svg") : status;
}

int run_brief(const struct call *call)
{
	return simple(call, "brief", "matter", (const char *const[]){NULL});
}

int run_watch(const struct call *call)
{
	const char *from = call_option(call, "from");
	uint64_t number;
	struct ask ask;
	if (from != NULL && text_decimal(bytes_string(from), &number) != RULE_OK)
		return CALL_WRONG_USE(call, "--from takes the number of an event, not '{1}'", bytes_string(from));
	ask_begin(&ask, call, "watch");
	ask_string(&ask, "from", from);
	ask_string(&ask, "words", call_option(call, "words"));
	ask.watches = true;
	return ask_run(&ask);
}

int run_receipt(const struct call *call)
{
	struct ask ask;
	ask_begin(&ask, call, "receipt");
	ask_string(&ask, "entry", call->operands[0]);
	ask_options(&ask, (const char *const[]){"by", "policy", NULL});
	int status = ask_wait(&ask);
	if (status == DONE)
		return ask_run(&ask);
	ask_drop(&ask);
	return status;
}

int run_publish(const struct call *call)
{
	bool fork = call_option(call, "fork") != NULL, bound = call->operand_count > 1 || call_option(call, "with-keys") != NULL;
	struct ask ask;
	if (fork ? call->operand_count != 0 || call_option(call, "field") != NULL || bound : call->operand_count == 0)
		return call_wrong(call, W("publish takes an ENTRY or several, or --fork PARTY and nothing else"));
	if (!bound && call_option(call, "closed") != NULL)
		return call_wrong(call, W("--closed is for several entries, or --with-keys"));
	ask_begin(&ask, call, "publish");
	for (int i = 0; i < call->operand_count; i++)
		ask_string(&ask, "entry", call->operands[i]);
	ask_options(&ask, (const char *const[]){"field", "closed", "with-keys", "fork", NULL});
	return ask_run(&ask);
}

int run_export(const struct call *call)
{
	const char *path = call->operands[0];
	struct folder_writer writer = {.folder = -1, .file = -1};
	struct ask ask;
	if (mkdir(path, 0777) != 0 || (writer.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return errno == EEXIST
			? SAY(REFUSED, "export: {1} is there already; an export goes into a new folder", bytes_string(path))
			: say_rule(path, rule_of_errno(errno), "export");
	ask_begin(&ask, call, "export");
	ask_options(&ask, (const char *const[]){"latest", NULL});
	ask.folder = &writer;
	int status = ask_run(&ask);
	enum rule rule = folder_writer_end(&writer);
	close(writer.folder);
	if (rule != RULE_OK && status == DONE)
		status = say_rule("export", rule, path);
	if (status == DONE)
		TELL("{1}: {2} files, {3} bytes; anyone checks it with 'detente verify {4}'", bytes_string(path),
			NUMBER(writer.files), NUMBER(writer.bytes), bytes_string(path));
	else
		SAY(status, "export: {1} is not whole: remove it", bytes_string(path));
	return status;
}
