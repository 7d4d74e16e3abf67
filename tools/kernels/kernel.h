/* An adapter for `paging conform` around the memory calls of the kernel that it runs on, whole: places, the break, limits, files, processes
 * and lists of areas. It needs root, and is the first program of a machine that tools/conform-kernel.sh starts.
 *
 *   protocol.c   the lines, and the start as the first program
 *   puppet.c     real i386 processes, commanded through ptrace(2)
 *   calls.c      the dialect's calls, each made by the puppet itself
 *   reports.c    what /proc says of a puppet
 *   pools.c      what DIALECT-HUGE.md adds
 *
 *   the adapter                       the puppet, one process for each process of the scenario
 *   ┌────────────────┐                ┌──────────────────────────────┐ 0xc0000000
 *   │ block, mapped  │ ══ shared ════ │ block: instructions, scratch │
 *   │ ptrace         │ ── registers ► ├──────────────────────────────┤ reserved
 *   │ /proc/PID/maps │ ◄───────────── │ scenario memory              │
 *   └────────────────┘                └──────────────────────────────┘ 0
 */
#ifndef KERNEL_H
#define KERNEL_H
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#define PAGE 0x1000u
#define TASK_SIZE_I386 0xc0000000u
#define SCRATCH_AT PAGE    /* behind the page of instructions */
#define PROCESS_MAX 1024
#define ARGUMENT_MAX 6
#define FILES "/dev/shm/paging-conform/"    /* a tmpfs; what lies there goes with the scenario */

struct process {
    pid_t pid;    /* 0: gone */
    unsigned long long lock_limit;
    long faults;    /* -1: not counted yet */
};

struct header {
    int is_classic, has_pool, thp;
    long long stack_limit, program_break, reserved, mmap_base, pool, surplus;
};

/* The arguments of a call; text is what stood in quotes. */
struct arguments {
    long long at[ARGUMENT_MAX];
    int count;
    char text[64];
};

enum access { SYSTEM_CALL, LOAD8, LOAD32, STORE8, STORE32, ADD8, FILL, COPY, TOUCH };

/* puppet.c */
extern struct process processes[PROCESS_MAX];
extern int process_count;
extern uint32_t reserved, block_length, scratch, scratch_length;
extern uint8_t *block;    /* as this program sees it */
extern jmp_buf hung;    /* where a call that does not end in 20 s ends: its process is killed */
extern int exchange;    /* the file that kernel copies go through: the puppets' descriptor 0 */
struct outcome { uint32_t eax; int signal, code; uint32_t address; };

const char *start_scenario(const struct header *header);    /* NULL, or why not */
void end_scenario(void);
struct outcome run(struct process *process, enum access access, const struct user_regs_struct *registers);
int32_t system_call(struct process *process, int number, uint32_t ebx, uint32_t ecx, uint32_t edx,
    uint32_t esi, uint32_t edi, uint32_t ebp);
int fork_process(struct process *parent);
void exit_process(struct process *process, int code);
int set_limit(struct process *process, int resource, unsigned long long soft);    /* 0: a hard limit does not allow it */
__attribute__((noreturn, format(printf, 1, 2))) void give_up(const char *format, ...);

/* calls.c */
int call(struct process *process, const char *name, struct arguments *a);    /* 0: not one of these */
void print_result(int32_t result);
void print_place(int32_t result);
void unsupported(const char *why);
uint32_t crc32_of(uint32_t crc, const uint8_t *bytes, size_t length);

/* reports.c */
struct area { uint32_t start, end; char rights[5], object[48], name[64]; unsigned long long offset; };
int report(struct process *process, const char *name, struct arguments *a);
int next_area(void *rows, struct area *area);
void *open_areas(struct process *process);
int meets_areas_up_to_block(struct process *process, uint32_t start);
long faults_of(struct process *process);

/* pools.c */
int pool_call(struct process *process, const char *name, struct arguments *a);
void set_pool(const struct header *header);

#endif
