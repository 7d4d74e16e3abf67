/* Sections and views: rules 14 to 21. */
#include "report.h"
#include "faults.h"

#define OTHER (PLACE + 0x100000)

static DWORD run(void)
{
    DWORD old = 0;
    HANDLE section, reserve, named, again;
    put("views");
    AddVectoredExceptionHandler(1, on_fault);
    section = CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE, 0, 0x30000, 0);
    line("map");
    given("write", MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, PLACE));
    given("copy", MapViewOfFileEx(section, FILE_MAP_COPY, 0, 0, 0x2000, OTHER));
    given("taken", MapViewOfFileEx(section, FILE_MAP_READ, 0, 0, 0, OTHER));
    given("aligned", MapViewOfFileEx(section, FILE_MAP_READ, 0, 0, 0, OTHER + 0x11000));
    given("offset", MapViewOfFileEx(section, FILE_MAP_READ, 0, 0x1000, 0, OTHER + 0x10000));
    given("length", MapViewOfFileEx(section, FILE_MAP_READ, 0, 0x20000, 0x10001, OTHER + 0x10000));
    given("execute", MapViewOfFileEx(section, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0, 0, OTHER + 0x10000));
    queried("write", PLACE);
    queried("copy", OTHER);
    store("shared", PLACE + 8, 0x1111);
    load("seen", OTHER + 8);
    store("own", OTHER + 8, 0x2222);
    load("not seen", PLACE + 8);
    store("shared again", PLACE + 8, 0x3333);
    load("own stays", OTHER + 8);
    store("other page", PLACE + 0x1008, 0x4444);
    load("seen", OTHER + 0x1008);
    line("protect");
    told("copy to write", VirtualProtect(OTHER, PAGE, PAGE_READWRITE, &old));
    told("write to read", VirtualProtect(PLACE, PAGE, PAGE_READONLY, &old));
    store("read only", PLACE, 1);
    line("free");
    told("decommit", VirtualFree(PLACE, PAGE, MEM_DECOMMIT));
    told("inside", UnmapViewOfFile(PLACE + 0x5678));
    told("again", UnmapViewOfFile(PLACE));
    told("close", CloseHandle(section));
    load("view stays", OTHER + 8);
    told("unmap", UnmapViewOfFile(OTHER));
    load("gone", OTHER + 8);

    line("reserved section");
    reserve = CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE | SEC_RESERVE, 0, 0x10000, 0);
    given("first", MapViewOfFileEx(reserve, FILE_MAP_WRITE, 0, 0, 0, PLACE));
    given("second", MapViewOfFileEx(reserve, FILE_MAP_WRITE, 0, 0, 0, OTHER));
    queried("first", PLACE);
    given("commit", VirtualAlloc(PLACE + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE));
    queried("first", PLACE + PAGE);
    store("first", PLACE + PAGE, 0x77);
    load("second", OTHER + PAGE);
    UnmapViewOfFile(PLACE);
    UnmapViewOfFile(OTHER);
    CloseHandle(reserve);

    line("names");
    SetLastError(1);
    named = CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE, 0, 0x1000, "paging.name");
    hex("error", GetLastError());
    again = CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE, 0, 0x9000, "paging.name");
    hex("error", GetLastError());
    told("other case", OpenFileMappingA(FILE_MAP_READ, 0, "paging.NAME") != 0);
    CloseHandle(named);
    CloseHandle(again);
    told("gone", OpenFileMappingA(FILE_MAP_READ, 0, "paging.name") != 0);
    line("refused");
    told("empty", CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE, 0, 0, 0) != 0);
    told("closed", CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_NOACCESS, 0, 0x1000, 0) != 0);
    return 0;
}
