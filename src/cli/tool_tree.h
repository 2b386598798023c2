/*
 * tool_tree: "detente tool tree": Merkle roots and proofs of a log in tlog-tiles files, and the check of a .tlog-proof.
 */
#ifndef TOOL_TREE_H
#define TOOL_TREE_H

/*
 * arguments[0] is "tree", what follows it the subcommand and its arguments. Prints, and returns the exit status: 0
 * done; 1 refused or not proved; 2 wrong use; 4 a file that cannot be read, or another failure of the system.
 */
int tool_tree(int count, char **arguments);

#endif
