/* Waits that end by their time, which is an hour for a program with an argument, and by the end of a thread. */
#include <stdio.h>
#include <windows.h>

static DWORD WINAPI sleeper(void *argument)
{
    Sleep(*(DWORD *)argument);
    return 5;
}

int main(int argc, char **argv)
{
    DWORD time = argc > 1 ? 3600000 : 20, twice = 2 * time, before = GetTickCount(), code;
    HANDLE thread;
    printf("waits\n");
    Sleep(time);
    printf("slept %d\n", GetTickCount() - before + 16 >= time);
    thread = CreateThread(NULL, 0, sleeper, &twice, 0, NULL);
    printf("too early %lu\n", WaitForSingleObject(thread, time));
    printf("waited %d\n", GetTickCount() - before + 16 >= 2 * time);
    printf("then %lu\n", WaitForSingleObject(thread, INFINITE));
    GetExitCodeThread(thread, &code);
    printf("code %lu\n", code);
    return 0;
}
