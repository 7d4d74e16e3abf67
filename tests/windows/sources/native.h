/* The native calls on memory, each told with the place and the size that it writes back. */
#include "report.h"

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE, void **, ULONG_PTR, SIZE_T *, ULONG, ULONG);
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE, void **, SIZE_T *, ULONG);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE, void **, SIZE_T *, ULONG, ULONG *);

#define SELF ((HANDLE)-1)

static void allocate(const char *name, char *address, SIZE_T size, ULONG types, ULONG protect)
{
    void *base = address;
    line(name);
    hex("status", NtAllocateVirtualMemory(SELF, &base, 0, &size, types, protect));
    hex("base", (DWORD)base);
    hex("size", size);
}

static void release(const char *name, char *address, SIZE_T size, ULONG type)
{
    void *base = address;
    line(name);
    hex("status", NtFreeVirtualMemory(SELF, &base, &size, type));
    hex("base", (DWORD)base);
    hex("size", size);
}

static void protect(const char *name, char *address, SIZE_T size, ULONG value)
{
    void *base = address;
    ULONG old = 0;
    NTSTATUS status;
    line(name);
    status = NtProtectVirtualMemory(SELF, &base, &size, value, &old);
    hex("status", status);
    if (status) return;
    hex("base", (DWORD)base);
    hex("size", size);
    hex("old", old);
}
