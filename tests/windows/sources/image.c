/* The program's own image: a view of an image section, with a protection for each section, copied where it is written. */
#include "report.h"

#define ALIGNED __attribute__((aligned(4096)))

static volatile DWORD numbers[2048] ALIGNED = {1, 2, 3};
static const volatile DWORD constants[1024] ALIGNED = {4, 5, 6};

static ALIGNED void quiet(void)
{
    __asm__ volatile(".skip 8192, 0x90"); /* so that its second page has no other code */
}

static void shown(const char *name, const volatile void *address)
{
    MEMORY_BASIC_INFORMATION info;
    line(name);
    if (!VirtualQuery((const void *)address, &info, sizeof info)) {
        hex("error", GetLastError());
        return;
    }
    hex("state", info.State);
    hex("protect", info.Protect);
    hex("allocated", info.AllocationProtect);
    hex("type", info.Type);
    hex("of image", info.AllocationBase == (void *)GetModuleHandleA(0));
    hex("at page", info.BaseAddress == (void *)((DWORD)address & ~0xFFFu));
}

static void protect(const char *name, void *address, DWORD protection)
{
    DWORD old = 0;
    line(name);
    told("protected", VirtualProtect(address, 1, protection, &old));
    hex("old", old);
}

static DWORD run(void)
{
    char *image = (char *)GetModuleHandleA(0);
    put("image");
    shown("header", image);
    shown("code", (char *)quiet + 4096);
    shown("constants", constants);
    shown("numbers", numbers + 1024);
    protect("code to read-write", (char *)quiet + 4096, PAGE_READWRITE);
    shown("code", (char *)quiet + 4096);
    protect("code to all", (char *)quiet + 4096, PAGE_EXECUTE_READWRITE);
    shown("code", (char *)quiet + 4096);
    protect("code back", (char *)quiet + 4096, PAGE_EXECUTE_READ);
    quiet();
    protect("header to read-write", image, PAGE_READWRITE);
    shown("header", image);
    numbers[1025] = 77;
    hex("written", numbers[1025]);
    hex("constant", constants[1]);
    line("free");
    told("released", VirtualFree(image, 0, MEM_RELEASE));
    told("decommitted", VirtualFree(image, PAGE, MEM_DECOMMIT));
    given("reserved over it", VirtualAlloc(image, PAGE, MEM_RESERVE, PAGE_READWRITE));
    return 4;
}
