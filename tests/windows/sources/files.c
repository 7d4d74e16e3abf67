/* A file, its views, and reading and writing it: one set of bytes. */
#include "report.h"

static DWORD run(void)
{
    static const char name[] = "paging-guest-test.tmp";
    char *view, *copy, bytes[16];
    DWORD count, i;
    HANDLE file, section;
    put("files");
    file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 7, 0, CREATE_ALWAYS, 0, 0);
    told("made", file != INVALID_HANDLE_VALUE);
    told("empty", CreateFileMappingA(file, 0, PAGE_READWRITE, 0, 0, 0) != 0);
    for (i = 0; i < 300; i++) WriteFile(file, "0123456789abcdef", 16, &count, 0);
    hex("length", GetFileSize(file, 0));
    section = CreateFileMappingA(file, 0, PAGE_READWRITE, 0, 0x3000, 0);
    hex("longer", GetFileSize(file, 0));
    view = given("view", MapViewOfFileEx(section, FILE_MAP_WRITE, 0, 0, 0, PLACE));
    copy = given("copy", MapViewOfFileEx(section, FILE_MAP_COPY, 0, 0, 0, PLACE + 0x10000));
    line("bytes");
    hex("of the file", view[0x11]);
    hex("behind it", view[0x2000]);
    view[0x11] = 'V';
    copy[0x22] = 'C';
    SetFilePointer(file, 0x10, 0, FILE_BEGIN);
    ReadFile(file, bytes, 3, &count, 0);
    hex("read", bytes[1]);
    SetFilePointer(file, 0x22, 0, FILE_BEGIN);
    ReadFile(file, bytes, 1, &count, 0);
    hex("not the copy", bytes[0]);
    SetFilePointer(file, 0x1000, 0, FILE_BEGIN);
    WriteFile(file, "WRITTEN", 7, &count, 0);
    hex("seen", view[0x1000]);
    hex("in the copy", copy[0x1000]);
    told("flush", FlushViewOfFile(view, 0));
    line("cut");
    SetFilePointer(file, 0x1000, 0, FILE_BEGIN);
    told("mapped", SetEndOfFile(file));
    UnmapViewOfFile(view);
    UnmapViewOfFile(copy);
    CloseHandle(section);
    told("unmapped", SetEndOfFile(file));
    hex("length", GetFileSize(file, 0));
    CloseHandle(file);
    told("delete", DeleteFileA(name));
    told("again", CreateFileA(name, GENERIC_READ, 7, 0, OPEN_EXISTING, 0, 0) != INVALID_HANDLE_VALUE);
    return 0;
}
