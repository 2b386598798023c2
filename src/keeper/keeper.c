#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "document.h"
#include "sandbox.h"
#include "state.h"
#include "witness.h"

void keeper_link_ready(struct keeper *keeper, struct bytes address)
{
	keeper->link_ready = true;
	if (keeper->options->ready < 0 || keeper->ready_told)
		return;
	char line[512];
	int size = snprintf(line, sizeof(line), "%s %s%.*s\n", keeper->party[0] == '\0' ? "-" : keeper->party,
		address.size == 0 ? "calls out only" : "listens on ", BYTES_SHOWN(address));
	if (write(keeper->options->ready, line, (size_t)size) != size)
		perror("detente: telling the supervisor");
	close(keeper->options->ready);
	keeper->ready_told = true;
}

static bool add_client(struct keeper *keeper, int fd)
{
	struct client *client = keeper->client_count == KEEPER_CLIENTS_MAX ? NULL : calloc(1, sizeof(*client));
	if (client != NULL)
		client->channel = channel_new(fd);
	if (client == NULL || client->channel == NULL) {
		close(fd);
		free(client);
		return false;
	}
	uid_t user;
	/* the socket's folder is the owner's alone; this says it once more */
	if (channel_peer_user(client->channel, &user) != RULE_OK || (user != geteuid() && user != 0)) {
		channel_free(client->channel);
		free(client);
		return false;
	}
	keeper->clients[keeper->client_count++] = client;
	return true;
}

static void accept_clients(struct keeper *keeper)
{
	int fd;
	while ((fd = accept4(keeper->options->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		add_client(keeper, fd);
}

static void drop_command_list(struct command **list, const struct client *client)
{
	while (*list != NULL) {
		struct command *command = *list;
		if (command->client != client) {
			list = &command->next;
			continue;
		}
		*list = command->next;
		command_free(command);
	}
}

/* Clients that went away: what they waited for goes with them, what they wrote stays written. */
static void drop_clients(struct keeper *keeper)
{
	size_t kept = 0;
	for (size_t i = 0; i < keeper->client_count; i++) {
		struct client *client = keeper->clients[i];
		if (!client->dead) {
			keeper->clients[kept++] = client;
			continue;
		}
		waiters_drop(keeper, client);
		drop_command_list(&keeper->reads, client);
		drop_command_list(&keeper->writes, client);
		drop_command_list(&keeper->seals, client);
		drop_command_list(&keeper->parked, client);
		drop_command_list(&keeper->unpacks, client);
		channel_free(client->channel);
		free(client);
	}
	keeper->client_count = kept;
	for (keeper->writes_end = &keeper->writes; *keeper->writes_end != NULL;)
		keeper->writes_end = &(*keeper->writes_end)->next;
	for (keeper->unpacks_end = &keeper->unpacks; *keeper->unpacks_end != NULL;)
		keeper->unpacks_end = &(*keeper->unpacks_end)->next;
	if (keeper->options->client >= 0 && kept == 0)
		keeper->stop = true;
}

#define CLIENT_QUEUE_MAX ((size_t)64 << 20) /* bytes that a client may leave unread */

static void service_client(struct client *client, short events)
{
	if (events & (POLLIN | POLLHUP | POLLERR))
		client->dead = channel_receive(client->channel) != RULE_OK || client->dead;
	if (!client->dead && (events & POLLOUT))
		client->dead = channel_flush(client->channel) != RULE_OK;
	client->dead = client->dead || channel_queued(client->channel) > CLIENT_QUEUE_MAX;
}

/* Milliseconds until something is due; -1: nothing is. */
static int next_timeout(const struct keeper *keeper)
{
	int64_t next = waiters_next_ms(keeper), retry = peer_next_ms(keeper), now = clock_steady_ms();
	next = retry < next ? retry : next;
	retry = witnesses_next_ms(keeper);
	next = retry < next ? retry : next;
	retry = carry_next_ms(keeper);
	next = retry < next ? retry : next;
	retry = bookkeeping_next_ms(keeper);
	next = retry < next ? retry : next;
	retry = due_next_ms(keeper);
	next = retry < next ? retry : next;
	if (keeper->again)
		return 0;
	if (next == INT64_MAX)
		return -1;
	return next <= now ? 0 : next - now > 60000 ? 60000 : (int)(next - now);
}

#define FIXED 3 /* signals, link, listener: before the clients */

static void wait_for_input(struct keeper *keeper, int signals, struct pollfd *polls)
{
	size_t clients = keeper->client_count;
	polls[0] = (struct pollfd){signals, POLLIN, 0};
	polls[1] = (struct pollfd){keeper->link == NULL ? -1 : channel_fd(keeper->link), POLLIN, 0};
	polls[2] = (struct pollfd){keeper->options->listener, POLLIN, 0};
	if (keeper->link != NULL && channel_wants_write(keeper->link))
		polls[1].events |= POLLOUT;
	for (size_t i = 0; i < clients; i++) {
		struct channel *channel = keeper->clients[i]->channel;
		polls[FIXED + i] = (struct pollfd){channel_fd(channel),
			(short)(POLLIN | (channel_wants_write(channel) ? POLLOUT : 0)), 0};
	}
	if (poll(polls, FIXED + clients, next_timeout(keeper)) < 0) {
		if (errno != EINTR) {
			perror("detente: poll");
			keeper->stop = true;
			keeper->status = 4;
		}
		return;
	}
	if (polls[0].revents != 0)
		keeper->stop = true;
	if (keeper->link != NULL && polls[1].revents != 0 &&
		((polls[1].revents & (POLLIN | POLLHUP | POLLERR) && channel_receive(keeper->link) != RULE_OK) ||
		channel_flush(keeper->link) != RULE_OK)) {
		/* the supervisor sees the link's end and says why; there is no node without it */
		keeper->stop = true;
		keeper->status = 4;
	}
	for (size_t i = 0; i < clients; i++)
		service_client(keeper->clients[i], polls[FIXED + i].revents);
	if (polls[2].revents != 0)
		accept_clients(keeper);
}

static void loop(struct keeper *keeper, int signals)
{
	struct pollfd *polls = calloc(FIXED + KEEPER_CLIENTS_MAX, sizeof(*polls));
	if (polls == NULL) {
		keeper->status = 4;
		return;
	}
	peer_setup(keeper);
	while (!keeper->stop) {
		turn_run(keeper);
		drop_clients(keeper);
		if (!keeper->stop)
			wait_for_input(keeper, signals, polls);
	}
	turn_end(keeper);
	free(polls);
}

static int prepare_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int refuse(const struct keeper_options *options, const struct fault *fault)
{
	char line[512];
	fault_print(fault, line, sizeof(line));
	fprintf(stderr, "detente: %s: %s\n", options->home, line);
	return 4;
}

static enum rule enter_sandbox(const struct keeper_options *options, struct fault *fault)
{
	char folder[4096];
	snprintf(folder, sizeof(folder), "%s/keeper", options->home);
	struct sandbox_rules rules = {.role = SANDBOX_KEEPER, .read_write = {folder},
		.without_landlock = options->without_landlock};
	return sandbox_enter(&rules, fault);
}

static void close_all(struct keeper *keeper)
{
	home_close(keeper);
	for (size_t i = 0; i < keeper->client_count; i++) {
		channel_free(keeper->clients[i]->channel);
		free(keeper->clients[i]);
	}
	channel_free(keeper->link);
	batch_free(keeper->batch);
	languages_free(keeper->languages);
	free(keeper->deferred);
	write_end(keeper);
	adding_end(keeper);
}

/* A one-shot that has nobody to call needs no link: it is as if there were no network. */
static enum rule take_link(struct keeper *keeper, struct fault *fault)
{
	keeper->link = channel_new(keeper->options->link);
	if (keeper->link == NULL)
		return fault_set(fault, RULE_MEMORY, 0, "link");
	if (keeper->options->client >= 0 && !line_leads_out(keeper)) {
		channel_free(keeper->link);
		keeper->link = NULL;
	}
	return RULE_OK;
}

/* Before strangers' documents are read. */
static void start_documents(const struct random *random)
{
	uint32_t seed;
	random_fill(random, (uint8_t *)&seed, sizeof(seed));
	document_start(seed);
}

int keeper_run(const struct keeper_options *options)
{
	if (witness_home(options->home))
		return witness_run(options);
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	struct fault fault = {0};
	int signals = prepare_signals(), status;
	words_speak(NULL); /* what is told to nobody is English, whatever the command line speaks that started us */
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (keeper == NULL || signals < 0) {
		free(keeper);
		return 4;
	}
	keeper->options = options;
	keeper->attachments = -1;
	keeper->started_ms = clock_steady_ms();
	keeper->identity[0] = keeper->identity[1] = -1;
	keeper->reads_end = &keeper->reads;
	keeper->writes_end = &keeper->writes;
	keeper->unpacks_end = &keeper->unpacks;
	enum rule rule = crypto_start();
	if (rule != RULE_OK)
		fault_set(&fault, rule, 0, "%s", "libsodium");
	if (rule == RULE_OK)
		rule = ladder_read(&keeper->ladder, options->home, &fault); /* the owner's own file, beside what the sandbox leaves */
	keeper->languages = languages_open(options->languages);
	if (rule == RULE_OK && keeper->languages == NULL)
		rule = fault_set(&fault, RULE_MEMORY, 0, "languages");
	if (rule == RULE_OK) {
		start_documents(options->random);
		rule = enter_sandbox(options, &fault);
	}
	keeper->batch = rule == RULE_OK ? batch_new(options->link < 0 || cores < 2 ? 0 : (unsigned)cores - 1) : NULL;
	if (rule == RULE_OK && keeper->batch == NULL)
		rule = fault_set(&fault, RULE_MEMORY, 0, "threads");
	if (rule == RULE_OK)
		rule = home_open(keeper, &fault);
	if (rule == RULE_OK && options->link >= 0)
		rule = take_link(keeper, &fault);
	if (rule == RULE_OK && options->client >= 0 && !add_client(keeper, options->client))
		rule = fault_set(&fault, RULE_MEMORY, 0, "client");
	if (rule == RULE_OK) {
		check_begin(keeper);
		loop(keeper, signals);
		status = keeper->status;
	} else {
		status = refuse(options, &fault);
	}
	close_all(keeper);
	free(keeper);
	close(signals);
	return status;
}
