/* language: in which language the command line speaks: as --lang says, else as the locale does, else English. */
#ifndef LANGUAGE_H
#define LANGUAGE_H

#include "call.h"
#include "rule.h"

/*
 * Speaks that language from now on, until the process ends; labels go by the tag even where no file of it is shipped.
 * RULE_LANGUAGE_*, or what keeps its file from being read.
 */
enum rule language_speak(const char *tag, struct fault *fault);

#endif
