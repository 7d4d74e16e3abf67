/* Modules: by name, by the lists of the process's block, their exports as a program reads them, and functions by their names. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

typedef struct link { struct link *next, *previous; } link;

/* Follows a ring, forwards and backwards; shows the libraries that every process has, and which comes before which. */
static void follow(const char *name, char *loader, int ring)
{
    link *head = (link *)(loader + 0x0C + ring * 8), *one;
    int count = 0, back = 0, index = 0, places[4] = {-1, -1, -1, -1};
    HMODULE self = GetModuleHandleA(NULL);
    for (one = head->next; one != head; one = one->next, index++) {
        char *entry = (char *)one - ring * 8;
        HMODULE base = *(HMODULE *)(entry + 0x18);
        if (base == self) places[0] = index;
        if (base == GetModuleHandleA("ntdll.dll")) places[1] = index;
        if (base == GetModuleHandleA("kernel32.dll")) places[2] = index;
        if (base == GetModuleHandleA("msvcrt.dll")) places[3] = index;
        count++;
    }
    for (one = head->previous; one != head; one = one->previous) back++;
    printf("%s: all %d, both ways %d, program %d, ntdll before kernel32 %d\n", name, places[1] >= 0 && places[2] >= 0 && places[3] >= 0,
        count == back, ring < 2 ? places[0] == 0 : places[0] < 0, places[1] < places[2]);
}

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
    char name[MAX_PATH], *block, *loader, *base;
    WCHAR wide[MAX_PATH], *first;
    MEMORY_BASIC_INFORMATION info;
    DWORD (WINAPI *tick)(void);
    HMODULE kernel = GetModuleHandleA("KERNEL32"), self = GetModuleHandleA(NULL);
    DWORD length;
    printf("modules\n");
    __asm__("movl %%fs:0x30, %0" : "=r"(block));
    loader = *(char **)(block + 0x0C);
    printf("ready %d, image %d\n", loader[4], *(HMODULE *)(block + 8) == self);
    follow("load order", loader, 0);
    follow("memory order", loader, 1);
    follow("initialization order", loader, 2);
    first = *(WCHAR **)(*(char **)(loader + 0x0C) + 0x30);
    printf("base name %ls, size %d\n", first, *(DWORD *)(*(char **)(loader + 0x0C) + 0x20) >= 0x1000);
    length = GetModuleFileNameA(NULL, name, sizeof name);
    printf("%d %s\n", length == strlen(name), strrchr(name, '\\') + 1);
    GetModuleFileNameW(NULL, wide, MAX_PATH);
    printf("%ls\n", wcsrchr(wide, L'\\') + 1);
    printf("cut %lu\n", GetModuleFileNameA(NULL, name, 3));
    printf("same %d %d %d\n", kernel == GetModuleHandleW(L"kernel32.dll"), kernel == LoadLibraryA("kernel32.dll"), FreeLibrary(kernel));
    printf("unknown %d", GetModuleHandleA("no-such.dll") == NULL);
    printf(" %lu\n", GetLastError());
    printf("no function %d", GetProcAddress(kernel, "NoSuchFunction") == NULL);
    printf(" %lu\n", GetLastError());
    base = (char *)kernel;
    printf("headers %.2s, exports %d %d\n", base, export_of(base, "Sleep") == (void *)GetProcAddress(kernel, "Sleep"),
        export_of((char *)GetModuleHandleA("msvcrt"), "printf") == (void *)GetProcAddress(GetModuleHandleA("msvcrt.dll"), "printf"));
    tick = (DWORD (WINAPI *)(void))(void *)GetProcAddress(kernel, "GetCurrentThreadId");
    printf("called %d\n", tick() == GetCurrentThreadId());
    printf("from address %d %d\n", GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
        (char *)main, &self), self == GetModuleHandleA(NULL));
    VirtualQuery(base, &info, sizeof info);
    printf("memory %lx %lx %d\n", info.State, info.Type, info.AllocationBase == base);
    return 0;
}
