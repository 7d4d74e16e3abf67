// Calls a function of msvcrt that the engine does not have, with output that is still in the buffer.
#include <stdio.h>

int __cdecl _beep(unsigned frequency, unsigned milliseconds);

int main(void)
{
    printf("before");
    _beep(440, 1);
    return 0;
}
