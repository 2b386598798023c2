/*
 * ask: a command asked of the keeper, and its answer copied out.
 */
#ifndef ASK_H
#define ASK_H

#include "call.h"
#include "channel.h"
#include "connection.h"
#include "courier_writer.h"
#include "folder_writer.h"
#include "message.h"

/* A command in the making. Values are copied. */
struct ask {
	const struct call *call;
	const char *name;
	struct message_command message;
	struct buffer *texts[MESSAGE_ARGUMENTS_MAX]; /* what the arguments view */
	size_t text_count;
	int descriptors[CHANNEL_DESCRIPTORS_MAX]; /* go with it. The caller closes */
	size_t descriptor_count;
	/* where FILE frames go: one of these; NULL: none expected */
	struct folder_writer *folder;
	struct courier_writer *courier;
	int status; /* not DONE: a file of the folder could not be written, which was said */
	struct buffer *out;            /* standard output goes here instead of to the terminal; NULL: to the terminal */
	bool node_only, without_mirrors;
	bool watches; /* it goes on until it is interrupted, or nobody reads what it prints */
	bool calls; /* where no node runs, the other parties are called for this command */
	enum rule rule;
};

void ask_begin(struct ask *ask, const struct call *call, const char *name);
void ask_add(struct ask *ask, const char *key, struct bytes value);
void ask_string(struct ask *ask, const char *key, const char *value); /* nothing for NULL */
/* Every option of the call by its own name, except those that only the command line uses. */
void ask_options(struct ask *ask, const char *const *names);
/* Sends it, copies what comes, and returns the exit status. Frees. */
int ask_run(struct ask *ask);
void ask_drop(struct ask *ask);

/* The party's folder of this call. */
const char *ask_home(const struct call *call, char *room, size_t capacity);

#endif
