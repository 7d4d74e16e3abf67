/* Real i386 processes with nothing in them but the scenario's memory and the block, commanded through ptrace(2). */
#include "kernel.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define IMAGE FILES ".image"
#define LOCK_LIMIT_AT_START 8388608
#define MAP_SHARED_FIXED_POPULATE 0x8011
#define EXCHANGE_DESCRIPTOR 0
#define BLOCK_DESCRIPTOR 2
#define CALL_SECONDS 20    /* a call that takes longer does not end */
#define HEADERS_LENGTH (52 + 3 * 32)

struct process processes[PROCESS_MAX];
int process_count, exchange = -1;
uint32_t reserved, block_length, scratch, scratch_length;
uint8_t *block;
jmp_buf hung;
static int block_file = -1;
static struct user_regs_struct at_start;

/* One instruction and the int3 that ends it; 8 bytes each. */
static const uint8_t instructions[][8] = {
    [SYSTEM_CALL] = { 0xcd, 0x80, 0xcc },    /* int 0x80 */
    [LOAD8] = { 0x0f, 0xb6, 0x03, 0xcc },    /* movzx eax, byte [ebx] */
    [LOAD32] = { 0x8b, 0x03, 0xcc },    /* mov eax, [ebx] */
    [STORE8] = { 0x88, 0x03, 0xcc },    /* mov [ebx], al */
    [STORE32] = { 0x89, 0x03, 0xcc },    /* mov [ebx], eax */
    [ADD8] = { 0xf0, 0x00, 0x03, 0x0f, 0xb6, 0x03, 0xcc },    /* lock add [ebx], al; movzx eax, byte [ebx]; without lock QEMU reads first */
    [FILL] = { 0xfc, 0xf3, 0xaa, 0xcc },    /* cld; rep stosb */
    [COPY] = { 0xfc, 0xf3, 0xa4, 0xcc },    /* cld; rep movsb */
    [TOUCH] = { 0xf0, 0x83, 0x0b, 0x00, 0xcc },    /* lock or dword [ebx], 0 */
};

void give_up(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (%s)\n", strerror(errno));
    end_scenario();
    exit(1);
}

static void on_alarm(int signal) { (void)signal; }    /* it only interrupts waitpid */

/* The status; -1 when the alarm came first. */
static int wait_for(pid_t pid)
{
    int status;
    if (waitpid(pid, &status, __WALL) >= 0) return status;
    if (errno != EINTR) give_up("waitpid %d", pid);
    return -1;
}

/* Kills what runs for ever inside the kernel, and goes back to whoever asked. */
__attribute__((noreturn)) static void abandon(struct process *process)
{
    kill(process->pid, SIGKILL);
    while (WIFSTOPPED(wait_for(process->pid))) { }
    process->pid = 0;
    longjmp(hung, 1);
}

struct outcome run(struct process *process, enum access access, const struct user_regs_struct *registers)
{
    struct user_regs_struct now = at_start;    /* its segments and flags */
    siginfo_t info;
    now.eax = registers->eax, now.ebx = registers->ebx, now.ecx = registers->ecx, now.edx = registers->edx;
    now.esi = registers->esi, now.edi = registers->edi, now.ebp = registers->ebp;
    now.eip = reserved + (uint32_t)access * sizeof *instructions;
    now.orig_eax = -1;    /* no call to be restarted */
    if (ptrace(PTRACE_SETREGS, process->pid, 0, &now)) give_up("puppet %d has gone", process->pid);
    for (;;) {
        if (ptrace(PTRACE_CONT, process->pid, 0, 0)) give_up("puppet %d has gone", process->pid);
        alarm(CALL_SECONDS);
        int status = wait_for(process->pid), signal = WSTOPSIG(status);
        alarm(0);
        if (status == -1) abandon(process);
        if (!WIFSTOPPED(status)) give_up("puppet %d died, status 0x%x", process->pid, status);
        if (status >> 16 || (signal != SIGTRAP && signal != SIGSEGV && signal != SIGBUS)) continue;    /* a fork, or a child's end */
        ptrace(PTRACE_GETSIGINFO, process->pid, 0, &info);
        ptrace(PTRACE_GETREGS, process->pid, 0, &now);
        if (signal == SIGTRAP) return (struct outcome) { .eax = (uint32_t)now.eax };
        return (struct outcome) { .signal = signal, .code = info.si_code, .address = (uint32_t)(uintptr_t)info.si_addr };
    }
}

int32_t system_call(struct process *process, int number, uint32_t ebx, uint32_t ecx, uint32_t edx,
    uint32_t esi, uint32_t edi, uint32_t ebp)
{
    struct user_regs_struct registers = {
        .eax = number, .ebx = (long)ebx, .ecx = (long)ecx, .edx = (long)edx, .esi = (long)esi, .edi = (long)edi, .ebp = (long)ebp,
    };
    struct outcome outcome = run(process, SYSTEM_CALL, &registers);
    if (outcome.signal) give_up("signal %d in system call %d", outcome.signal, number);
    return (int32_t)outcome.eax;
}

static void must(int32_t result, const char *what)
{
    if (result < 0 && result > -4096) give_up("the puppet cannot be set up: %s gave %d", what, result);
}

int set_limit(struct process *process, int resource, unsigned long long soft)
{
    struct rlimit64 limit;
    if (prlimit64(process->pid, resource, NULL, &limit)) return 0;
    limit.rlim_cur = soft;
    if (limit.rlim_max < soft) limit.rlim_max = soft;
    return !prlimit64(process->pid, resource, &limit, NULL);
}

static void word(uint8_t *bytes, uint32_t value) { memcpy(bytes, &value, sizeof value); }

static void segment(uint8_t *at, uint32_t type, uint32_t address, uint32_t in_file, uint32_t in_memory, uint32_t rights)
{
    word(at, type), word(at + 8, address), word(at + 12, address);
    word(at + 16, in_file), word(at + 20, in_memory), word(at + 24, rights), word(at + 28, PAGE);
}

/* A static program whose break begins at the end of its second segment, which has no bytes: then RLIMIT_DATA counts the heap alone.
 * Its text is int 0x80 and int3. Returns where that lies. */
static uint32_t write_image(uint32_t program_break)
{
    uint32_t text = program_break - 2 * PAGE, entry = text + HEADERS_LENGTH;
    uint8_t image[HEADERS_LENGTH + 8] = {
        0x7f, 'E', 'L', 'F', 1, 1, 1, [16] = 2, [18] = 3, [20] = 1, [28] = 52, [40] = 52, [42] = 32, [44] = 3,
    };
    word(image + 24, entry);
    segment(image + 52, 1, text, sizeof image, sizeof image, 5);
    segment(image + 84, 1, program_break - PAGE, 0, PAGE, 6);
    segment(image + 116, 0x6474e551, 0, 0, 0, 6);    /* PT_GNU_STACK: without it all that can be read could be executed */
    memcpy(image + HEADERS_LENGTH, instructions[SYSTEM_CALL], sizeof *instructions);
    unlink(IMAGE);
    int file = open(IMAGE, O_CREAT | O_WRONLY | O_EXCL, 0755);
    if (file < 0 || write(file, image, sizeof image) != sizeof image) give_up(IMAGE);
    close(file);
    return entry;
}

/* The kernel lays a process out at exec, by the caller's personality and limits. */
__attribute__((noreturn)) static void become_puppet(const struct header *header)
{
    rlim64_t stack = (rlim64_t)(header->stack_limit > 0x100000 ? header->stack_limit : 0x100000);    /* below 127 MiB all are alike */
    char *arguments[] = { "puppet", NULL }, *nothing[] = { NULL };
    setrlimit64(RLIMIT_STACK, &(struct rlimit64) { stack, RLIM64_INFINITY });
    setrlimit64(RLIMIT_CORE, &(struct rlimit64) { 0, RLIM64_INFINITY });
    personality(ADDR_NO_RANDOMIZE | ADDR_LIMIT_3GB | (header->is_classic ? ADDR_COMPAT_LAYOUT : 0));
    if (!header->thp) prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    dup2(exchange, EXCHANGE_DESCRIPTOR);
    dup2(block_file, BLOCK_DESCRIPTOR);
    for (int descriptor = 3; descriptor < 64; descriptor++) close(descriptor);
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    execve(IMAGE, arguments, nothing);
    _exit(127);
}

static void make_block(void)
{
    block_file = memfd_create("block", 0);
    exchange = memfd_create("exchange", 0);
    if (block_file < 3 || exchange < 3 || ftruncate(block_file, block_length)) give_up("the block");
    block = mmap(NULL, block_length, PROT_READ | PROT_WRITE, MAP_SHARED, block_file, 0);
    if (block == MAP_FAILED) give_up("the block");
    memcpy(block, instructions, sizeof instructions);
}

static const char *check_layout(struct process *process, const struct header *header)
{
    static char text[120];
    uint32_t program_break = (uint32_t)system_call(process, SYS_brk, 0, 0, 0, 0, 0, 0);
    uint32_t place = (uint32_t)system_call(process, SYS_mmap2, 0, PAGE, 0, MAP_PRIVATE | MAP_ANONYMOUS, (uint32_t)-1, 0);
    must(system_call(process, SYS_munmap, place, PAGE, 0, 0, 0, 0), "munmap");
    uint32_t base = header->is_classic ? place : place + PAGE;
    snprintf(text, sizeof text, "this kernel lays it out with mmap_base=0x%08x, brk=0x%08x", base, program_break);
    return base == header->mmap_base && program_break == header->program_break ? NULL : text;
}

const char *start_scenario(const struct header *header)
{
    static const struct __user_cap_header_struct version = { _LINUX_CAPABILITY_VERSION_3, 0 };
    if (mkdir(FILES, 0755) && errno != EEXIST) give_up(FILES);
    reserved = (uint32_t)header->reserved, block_length = TASK_SIZE_I386 - reserved;
    scratch = reserved + SCRATCH_AT, scratch_length = block_length - SCRATCH_AT;
    make_block();
    sigaction(SIGALRM, &(struct sigaction) { .sa_handler = on_alarm }, NULL);
    uint32_t entry = write_image((uint32_t)header->program_break);
    pid_t pid = fork();
    if (!pid) become_puppet(header);
    struct process *process = &processes[process_count++];
    *process = (struct process) { .pid = pid, .lock_limit = LOCK_LIMIT_AT_START, .faults = -1 };
    if (!WIFSTOPPED(wait_for(pid))) give_up("the kernel does not run i386 programs, or no programs from " FILES);
    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE);
    ptrace(PTRACE_GETREGS, pid, 0, &at_start);

    uint32_t in_block = reserved;
    reserved = entry;    /* the image's own int 0x80, once */
    must(system_call(process, SYS_mmap2, in_block, block_length, 7, MAP_SHARED_FIXED_POPULATE, BLOCK_DESCRIPTOR, 0), "mmap");
    reserved = in_block;
    at_start.esp = 0;
    must(system_call(process, SYS_munmap, 0, reserved, 0, 0, 0, 0), "munmap");
    if (!set_limit(process, RLIMIT_STACK, (unsigned long long)header->stack_limit)) give_up("RLIMIT_STACK");
    if (!set_limit(process, RLIMIT_MEMLOCK, LOCK_LIMIT_AT_START)) give_up("RLIMIT_MEMLOCK");
    memcpy(block + SCRATCH_AT, &version, sizeof version);
    memset(block + SCRATCH_AT + 16, 0, 32);    /* no capability: limits bind, and page 0 is closed */
    must(system_call(process, SYS_capset, scratch, scratch + 16, 0, 0, 0, 0), "capset");
    return check_layout(process, header);
}

int fork_process(struct process *parent)
{
    if (process_count == PROCESS_MAX) return -EAGAIN;
    int pid = system_call(parent, SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0, 0);    /* the adapter's child, whom it waits for */
    if (pid < 0) return pid;
    if (!WIFSTOPPED(wait_for(pid))) give_up("a child died at once");
    processes[process_count] = (struct process) { .pid = pid, .lock_limit = parent->lock_limit, .faults = -1 };
    return process_count++;
}

/* When it returns, the process's memory is gone. */
void exit_process(struct process *process, int code)
{
    struct user_regs_struct registers = at_start;
    registers.eip = reserved, registers.eax = SYS_exit_group, registers.ebx = code, registers.orig_eax = -1;
    ptrace(PTRACE_SETREGS, process->pid, 0, &registers);
    do ptrace(PTRACE_CONT, process->pid, 0, 0); while (WIFSTOPPED(wait_for(process->pid)));
    process->pid = 0;
}

static void remove_files(void)
{
    DIR *directory = opendir(FILES);
    for (struct dirent *entry; directory && (entry = readdir(directory));) unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory) closedir(directory);
}

void end_scenario(void)
{
    for (int i = 0; i < process_count; i++) {
        if (processes[i].pid <= 0) continue;
        kill(processes[i].pid, SIGKILL);
        while (WIFSTOPPED(wait_for(processes[i].pid))) { }
    }
    process_count = 0;
    if (block) munmap(block, block_length);
    if (block_file >= 0) close(block_file);
    if (exchange >= 0) close(exchange);
    block = NULL, block_file = exchange = -1;
    remove_files();
}
