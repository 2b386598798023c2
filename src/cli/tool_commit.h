/*
 * tool_commit: "detente tool commit": what the forms of an exchange say of a document: its hash, a salt, and the
 * commitment made of both (docs/spec/mechanism, section Exchanges).
 */
#ifndef TOOL_COMMIT_H
#define TOOL_COMMIT_H

/* As tool_tree(); arguments[0] is "commit". */
int tool_commit(int count, char **arguments);

#endif
