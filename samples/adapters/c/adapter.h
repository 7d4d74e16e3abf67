#ifndef ADAPTER_H
#define ADAPTER_H
#include "paging.h"

#define PROCESS_MAX 4096
#define ARGUMENT_MAX 6

struct process {
    paging_process handle;
    const paging_translations *t;
    int has_exited, counts_faults, policy;
    int64_t faults;
};

/* The arguments of a call; text is what stood in quotes. */
struct arguments {
    int64_t at[ARGUMENT_MAX];
    char text[64];
};

/* adapter.c */
extern struct process processes[PROCESS_MAX];
extern int process_count;
extern paging_engine engine;
void give_up(const char *what, int64_t code);

/* calls.c */
void call(struct process *process, const char *name, const struct arguments *arguments);
void set_policy(struct process *process, int policy);
void forget_files(void);
void find_zeros(void);

#endif
