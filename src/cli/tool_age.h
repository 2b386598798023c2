/*
 * tool_age: "detente tool age": encrypts and decrypts files as age does, with its flags, and makes its keys.
 */
#ifndef TOOL_AGE_H
#define TOOL_AGE_H

/*
 * arguments[0] is "age". Writes files or standard output, one line of error, and returns the exit status: 0 done;
 * 1 refused; 2 wrong use; 4 a file that cannot be read or written, or another failure of the system.
 */
int tool_age(int count, char **arguments);

#endif
