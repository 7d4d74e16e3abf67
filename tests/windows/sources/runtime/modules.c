/* Modules and their functions, by their names. */
#include <stdio.h>
#include <windows.h>

int main(void)
{
    char *block;
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
    tick = (DWORD (WINAPI *)(void))(void *)GetProcAddress(kernel, "GetCurrentThreadId");
    printf("called %d\n", tick() == GetCurrentThreadId());
    return 0;
}
