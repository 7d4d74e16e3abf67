/* Made wine8.dmp: Wine 8.0 of Debian 12, i686-w64-mingw32-gcc -O1 wine8.c -ldbghelp; wine a.exe wine8.dmp 0. A program of three threads, dumped by another. */
#include <windows.h>
#include <dbghelp.h>
#include <stdio.h>
static volatile char mark[64] = "marked in the data of the program";
static DWORD WINAPI second(void *nothing) { volatile char stack[64] = "the second thread's stack"; mark[50] = stack[0]; Sleep(INFINITE); return stack[1]; }
static DWORD WINAPI busy(void *nothing) { volatile char stack[64] = "the busy thread's stack"; for (volatile unsigned i = 0;; i++) stack[60] = i; return 0; }
int main(int argc, char **argv)
{
    if (argc == 1)
    {
        char *block = VirtualAlloc((void *)0x20000000, 0x3000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        for (int i = 0; i < 0x3000; i++) block[i] = (char)(i * 7 + (i >> 8));
        CreateThread(0, 0, second, 0, 0, 0);
        CreateThread(0, 0, busy, 0, 0, 0);
        volatile char stack[64] = "marked on the stack";
        Sleep(INFINITE);
        return stack[0];
    }
    STARTUPINFOA start = { sizeof start };
    PROCESS_INFORMATION child;
    if (!CreateProcessA(argv[0], argv[0], 0, 0, 0, 0, 0, 0, &start, &child)) return printf("create %lu\n", GetLastError());
    Sleep(1500);
    HANDLE file = CreateFileA(argv[1], GENERIC_READ | GENERIC_WRITE, 0, 0, CREATE_ALWAYS, 0, 0);
    BOOL done = MiniDumpWriteDump(child.hProcess, child.dwProcessId, file, strtoul(argv[2], 0, 16), 0, 0, 0);
    printf("%d %lx\n", done, GetLastError());
    TerminateProcess(child.hProcess, 0);
    return !done;
}
