/* What the programs of this folder share: they have no C library. A program is a function run(); its result is the exit code. */
#include <windows.h>

typedef LONG NTSTATUS;
#define PLACE ((char *)0x20000000) /* free in a new process, under Wine and here */
#define PAGE 0x1000u

static DWORD run(void);

#define SHARED static __attribute__((unused))

SHARED void put(const char *text)
{
    DWORD length = 0, written;
    while (text[length]) length++;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, length, &written, 0);
}

SHARED void hex(const char *name, DWORD value)
{
    char text[12];
    int i;
    for (i = 0; i < 8; i++) text[i] = "0123456789abcdef"[(value >> (28 - 4 * i)) & 15];
    text[8] = 0;
    put(" ");
    put(name);
    put("=");
    put(text);
}

SHARED void line(const char *text)
{
    put("\n");
    put(text);
}

/* A call that says yes or no: shows which, and the last error after a no. */
SHARED void told(const char *name, BOOL yes)
{
    DWORD error = GetLastError();
    hex(name, yes != 0);
    if (!yes) hex("error", error);
}

/* An address that a call gives: the error if it gives none. */
SHARED char *given(const char *name, void *address)
{
    DWORD error = GetLastError();
    hex(name, (DWORD)address);
    if (!address) hex("error", error);
    return address;
}

SHARED void queried(const char *name, const void *address)
{
    MEMORY_BASIC_INFORMATION info;
    line(name);
    if (!VirtualQuery(address, &info, sizeof info)) {
        hex("error", GetLastError());
        return;
    }
    hex("base", (DWORD)info.BaseAddress);
    hex("state", info.State);
    if (info.State == MEM_FREE) return;
    hex("size", info.RegionSize);
    hex("protect", info.State == MEM_COMMIT ? info.Protect : 0);
    hex("allocation", (DWORD)info.AllocationBase);
    hex("allocated", info.AllocationProtect);
    hex("type", info.Type);
}

void start(void)
{
    DWORD code = run();
    put("\n");
    ExitProcess(code);
}
