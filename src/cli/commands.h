/*
 * commands: a function for each subcommand of the table in cli.c; each returns the exit status.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "call.h"

/* setup_commands.c */
int run_init(const struct call *call);
int run_card(const struct call *call);
int run_card_accept(const struct call *call);
int run_agree_draft(const struct call *call);
int run_agree_text(const struct call *call);
int run_agree_amend(const struct call *call);
int run_agree_sign(const struct call *call);
int run_agree_adopt(const struct call *call);
int run_serve(const struct call *call);
int run_stop(const struct call *call);
int run_drill_clock(const struct call *call);

/* card_commands.c */
int run_card_update(const struct call *call);
int run_restore(const struct call *call);

/* message_commands.c */
int run_send(const struct call *call);
int run_answer(const struct call *call);
int run_inbox(const struct call *call);
int run_show(const struct call *call);
int run_status(const struct call *call);
int run_ladder(const struct call *call);
int run_search(const struct call *call);
int run_timeline(const struct call *call);
int run_matters(const struct call *call);
int run_obligations(const struct call *call);
int run_compare(const struct call *call);
int run_picture(const struct call *call);
int run_brief(const struct call *call);
int run_watch(const struct call *call);
int run_receipt(const struct call *call);
int run_publish(const struct call *call);
int run_export(const struct call *call);

/* witness_commands.c */
int run_witness_init(const struct call *call);
int run_witness_add(const struct call *call);
int run_witness_serve(const struct call *call);
int run_witness_status(const struct call *call);

/* courier_commands.c */
int run_courier_out(const struct call *call);
int run_courier_in(const struct call *call);

/* verify_command.c */
int run_verify(const struct call *call);
int run_mechanism_check(const struct call *call);
int run_mechanism_show(const struct call *call);

#endif
