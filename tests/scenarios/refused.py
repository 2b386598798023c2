#!/usr/bin/python3
"""usage: refused.py CALL ERROR COMMAND...

Runs a command for which a system call fails with an error (ENOSYS, EPERM ...): on a kernel, or a file system, that does
not have what the call is for.
"""
import ctypes
import errno
import os
import sys

call, error, *command = sys.argv[1:]
seccomp = ctypes.CDLL('libseccomp.so.2')
seccomp.seccomp_init.restype = ctypes.c_void_p
rules = ctypes.c_void_p(seccomp.seccomp_init(0x7fff0000))  # all else is allowed
number = seccomp.seccomp_syscall_resolve_name(call.encode())
if seccomp.seccomp_rule_add(rules, 0x00050000 | getattr(errno, error), number, 0) != 0 or seccomp.seccomp_load(rules) != 0:
    sys.exit('refused.py: no filter')
os.execv(command[0], command)
