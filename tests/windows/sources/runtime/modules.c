/* Modules: by name, their exports as a program reads them, and functions by their names. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static void *export_of(char *base, const char *name)
{
    IMAGE_NT_HEADERS *headers = (IMAGE_NT_HEADERS *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
    IMAGE_EXPORT_DIRECTORY *exports = (IMAGE_EXPORT_DIRECTORY *)(base + headers->OptionalHeader.DataDirectory[0].VirtualAddress);
    DWORD *names = (DWORD *)(base + exports->AddressOfNames), *functions = (DWORD *)(base + exports->AddressOfFunctions), i;
    WORD *ordinals = (WORD *)(base + exports->AddressOfNameOrdinals);
    for (i = 0; i < exports->NumberOfNames; i++)
        if (!strcmp(base + names[i], name)) return base + functions[ordinals[i]];
    return NULL;
}

int main(void)
{
    char *block, *base;
    MEMORY_BASIC_INFORMATION info;
    DWORD (WINAPI *tick)(void);
    HMODULE kernel = GetModuleHandleA("KERNEL32"), self = GetModuleHandleA(NULL);
    printf("modules\n");
    __asm__("movl %%fs:0x30, %0" : "=r"(block));
    printf("image %d\n", *(HMODULE *)(block + 8) == self);
    printf("same %d %d %d\n", kernel == GetModuleHandleW(L"kernel32.dll"), kernel == LoadLibraryA("kernel32.dll"), FreeLibrary(kernel));
    printf("unknown %d", GetModuleHandleA("no-such.dll") == NULL);
    printf(" %lu\n", GetLastError());
    printf("no function %d", GetProcAddress(kernel, "NoSuchFunction") == NULL);
    printf(" %lu\n", GetLastError());
    base = (char *)kernel;
    printf("headers %.2s, exports %d %d\n", base, export_of(base, "Sleep") == (void *)GetProcAddress(kernel, "Sleep"),
        export_of((char *)GetModuleHandleA("msvcrt"), "malloc") == (void *)GetProcAddress(GetModuleHandleA("msvcrt.dll"), "malloc"));
    tick = (DWORD (WINAPI *)(void))(void *)GetProcAddress(kernel, "GetCurrentThreadId");
    printf("called %d\n", tick() == GetCurrentThreadId());
    VirtualQuery(base, &info, sizeof info);
    printf("memory %lx %lx %d\n", info.State, info.Type, info.AllocationBase == base);
    return 0;
}
