/*
 * tool_note: "detente tool note": signed notes, their keys, cosignatures and policies, compatible with Go's sumdb/note
 * and the C2SP tools.
 */
#ifndef TOOL_NOTE_H
#define TOOL_NOTE_H

/*
 * arguments[0] is "note", what follows it the subcommand and its arguments. Prints, and returns the exit status: 0
 * done; 1 refused or not proved; 2 wrong use; 4 a file that cannot be read or written, or another failure of the
 * system.
 */
int tool_note(int count, char **arguments);

#endif
