/*
 * Random ELF images, executed: images [SEED [COUNT]]. Most are nearly right. Each prints how it ended: with the bytes that it has found in
 * its memory, by a signal, or with the error of execve.
 */
#include "report.h"
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { PAGE = 4096, PAGES_MAX = 12, HEADERS_MAX = 8, BASE = 0x10000000 };

static uint64_t state;

static uint32_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static int one_in(uint32_t count) { return next() % count == 0; }

static unsigned char image[PAGES_MAX * PAGE];

/* Never where 32-bit kernels and 64-bit ones have other things: below 1 MiB, and from 0xb0000000 to the last page. */
static uint32_t wild(void)
{
    static const uint32_t words[] = { 0x10ffe000, 0x10fff000, 0x11000000, 0xfffff000, 0xffffffff, 0xffffe001, 1, 0xfff, 0x1001, 0x10000000 };
    return words[next() % (sizeof words / sizeof *words)];
}

/* A segment of some pages of the file, somewhere among a few pages of memory: neighbours meet and overlap. */
static Elf32_Phdr segment(int pages)
{
    uint32_t page = next() % (uint32_t)pages, at = 1 + next() % 8, in_page = one_in(3) ? next() % PAGE : 0;
    Elf32_Phdr header = { PT_LOAD, page * PAGE + in_page, BASE + at * PAGE + in_page, 0, 0, 0, PF_R, PAGE };
    header.p_filesz = one_in(6) ? 0 : one_in(4) ? next() % (6 * PAGE) : PAGE - in_page;
    header.p_memsz = header.p_filesz + (one_in(2) ? 0 : next() % (4 * PAGE));
    header.p_flags = PF_X | (one_in(4) ? next() % 8 : PF_R | PF_W);    /* all of it: not every table has NX */
    switch (next() % 70) {
    case 0: header.p_offset ^= 1u << next() % 12; break;
    case 1: header.p_filesz = header.p_memsz + 1 + next() % PAGE; break;
    case 2: header.p_memsz = wild() | 0xf0000000; break;
    case 3: header.p_vaddr = (wild() & ~0xfffu) | in_page; break;
    case 4: header.p_filesz = header.p_memsz = wild() | 0xf0000000; break;
    case 5: header.p_offset = (wild() & ~0xfffu) | in_page; break;
    case 6:
        header.p_align = wild();
        if (header.p_align == 0x10000000) header.p_align = 0x200000;    /* more than ELF_ET_DYN_BASE of i386, but not of a 64-bit kernel */
        break;
    case 7: header.p_memsz = 0; break;
    case 8: header.p_filesz = header.p_memsz = 0; break;
    }
    if (header.p_vaddr < 0x00100000) header.p_vaddr += BASE;    /* page 0 is for who may */
    return header;
}

static void put(unsigned char **code, const void *bytes, int count)
{
    memcpy(*code, bytes, (size_t)count);
    *code += count;
}

/* Exits with the exclusive or of four bytes of its memory; a position-independent one with a number. */
static void program(unsigned char *code, int is_fixed, const Elf32_Phdr *headers, int used)
{
    put(&code, "\x31\xdb", 2);    /* xor ebx, ebx */
    for (int i = 0; i < 4 && is_fixed; i++) {
        const Elf32_Phdr *one = headers + next() % (uint32_t)used;
        uint32_t at = one_in(4) ? BASE + next() % (6 * PAGE) : one->p_vaddr + next() % (one->p_memsz % (4 * PAGE) + 16);
        put(&code, "\x32\x1d", 2);    /* xor bl, [at] */
        put(&code, &at, 4);
    }
    if (!is_fixed) put(&code, "\xb3\x2a", 2);    /* mov bl, 42 */
    put(&code, "\xb8\x01\x00\x00\x00\xcd\x80", 7);    /* mov eax, exit; int 0x80 */
}

static long make(const char *path, const char *interpreter)
{
    int pages = 2 + (int)(next() % (PAGES_MAX - 2)), count = 1 + (int)(next() % 5), is_fixed = !one_in(4);
    for (unsigned i = 0; i < sizeof image; i++) image[i] = (unsigned char)(i / PAGE * 16 + i % 13);
    Elf32_Ehdr *header = (Elf32_Ehdr *)image;
    *header = (Elf32_Ehdr){ { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT }, is_fixed ? ET_EXEC : ET_DYN, EM_386, EV_CURRENT,
        BASE + 0x200, sizeof *header, 0, 0, sizeof *header, sizeof(Elf32_Phdr), 0, 0, 0, 0 };
    Elf32_Phdr *headers = (Elf32_Phdr *)(header + 1);
    int used = 0;
    if (!is_fixed || !one_in(16)) headers[used++] = (Elf32_Phdr){ PT_LOAD, 0, BASE, BASE, PAGE, PAGE, PF_R | PF_X, PAGE };
    for (int i = 0; i < count && used < HEADERS_MAX; i++) headers[used++] = segment(pages);
    program(image + 0x200, is_fixed, headers, used);
    if (one_in(6) && (is_fixed || headers[used - 1].p_filesz)) {    /* an order that is not that of addresses */
        Elf32_Phdr first = headers[0];
        headers[0] = headers[used - 1];
        headers[used - 1] = first;
    }
    if (one_in(4)) headers[used++] = (Elf32_Phdr){ PT_GNU_STACK, 0, 0, 0, 0, 0, next() % 8, 16 };
    if (interpreter && one_in(5)) {
        uint32_t length = (uint32_t)strlen(interpreter) + 1;
        memcpy(image + 0x400, interpreter, length);
        headers[used++] = (Elf32_Phdr){ PT_INTERP, 0x400, 0, 0, one_in(8) ? next() % 5000 : length, length, PF_R, 1 };
        if (one_in(6)) headers[used - 1].p_offset = (uint32_t)pages * PAGE - 3;
    }
    header->e_phnum = (Elf32_Half)used;
    switch (next() % 90) {
    case 0: header->e_ident[EI_CLASS] = (unsigned char)next(); break;
    case 1: header->e_ident[EI_DATA] = (unsigned char)next(); break;
    case 2: header->e_ident[EI_VERSION] = (unsigned char)next(); break;
    case 3: header->e_type = (Elf32_Half)(is_fixed ? next() % 3 : next() % 6); break;
    case 4: header->e_machine = one_in(2) ? 6 : (Elf32_Half)(next() % 64); break;
    case 5: header->e_version = next(); break;
    case 6: header->e_entry = wild(); break;
    case 7: header->e_phoff = one_in(2) ? wild() : (uint32_t)pages * PAGE - next() % 300; break;
    case 8: header->e_phentsize ^= (Elf32_Half)(1u << next() % 16); break;
    case 9: header->e_phnum = (Elf32_Half)(one_in(2) ? next() % 200 : next()); break;
    case 10: header->e_ehsize = header->e_shnum = header->e_shentsize = (Elf32_Half)next(); break;
    case 11: header->e_ident[next() % 4] ^= 1; break;
    case 12: header->e_flags = next(); break;
    }
    long length = one_in(30) ? (long)(next() % 600) : (long)pages * PAGE - (one_in(4) ? (long)(next() % PAGE) : 0);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    if (write(file, image, (size_t)length) != length) exit(98);
    close(file);
    return length;
}

int main(int words, char **word)
{
    uint64_t seed = words > 1 ? strtoull(word[1], 0, 10) : 1;
    long count = words > 2 ? atol(word[2]) : 400;
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    personality(ADDR_NO_RANDOMIZE);
    own_directory();
    for (long i = 0; i < count; i++) {
        state = seed * 0x9e3779b97f4a7c15 + (uint64_t)i * 0xbf58476d1ce4e5b9 + 1;
        for (int warm = 0; warm < 8; warm++) next();
        make("interpreter", 0);
        make("program", "./interpreter");
        int report[2], error = 0, status = 0;
        if (pipe2(report, O_CLOEXEC)) exit(97);
        pid_t child = fork();
        if (child == 0) {
            char *arguments[] = { "program", 0 };
            execve("./program", arguments, arguments + 1);
            error = errno;
            if (write(report[1], &error, sizeof error) < 0) _exit(96);
            _exit(0);
        }
        close(report[1]);
        if (read(report[0], &error, sizeof error) < 0) exit(95);
        close(report[0]);
        waitpid(child, &status, 0);
        if (error) printf("%ld: %s\n", i, strerror(error));
        else if (WIFSIGNALED(status)) printf("%ld: signal %d\n", i, WTERMSIG(status));
        else printf("%ld: %d\n", i, WEXITSTATUS(status));
    }
    return 0;
}
