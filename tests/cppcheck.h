/* What cppcheck is told of <sys/queue.h>: enough to read the code, without what it misreads in the real macros. */
#define TAILQ_HEAD(name, type) struct name { struct type *tqh_first; }
#define TAILQ_ENTRY(type) struct { struct type *tqe_next; }
#define TAILQ_FOREACH(item, head, field) for (item = queue_next(head); item != NULL; item = queue_next(item))
