/*
 * cli: the command line. One table of subcommands drives dispatch, usage and help.
 */
#ifndef CLI_H
#define CLI_H

/*
 * The whole program; an exit status: 0 done; 1 refused or not proved; 2 wrong use; 3 another process holds the home and
 * does not answer; 4 disk or system failure.
 */
int cli_main(int count, char **arguments);

#endif
