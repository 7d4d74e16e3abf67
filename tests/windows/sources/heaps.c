/* Blocks of heaps keep what they hold, and large ones too. */
#include "report.h"

#define COUNT 500

static unsigned char *blocks[COUNT];
static DWORD lengths[COUNT], seed = 1;

static DWORD chance(DWORD below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void fill(DWORD index)
{
    DWORD i;
    for (i = 0; i < lengths[index]; i++) blocks[index][i] = (unsigned char)(index + i);
}

static BOOL holds(DWORD index, DWORD length)
{
    DWORD i;
    for (i = 0; i < length; i++)
        if (blocks[index][i] != (unsigned char)(index + i)) return FALSE;
    return TRUE;
}

static DWORD run(void)
{
    HANDLE heap = GetProcessHeap();
    DWORD i, turn, wrong = 0, unaligned = 0;
    unsigned char *zeros;
    put("heaps");
    for (turn = 0; turn < 4000; turn++) {
        i = chance(COUNT);
        if (blocks[i] && chance(3) == 0) {
            DWORD length = chance(3000) + 1, both = length < lengths[i] ? length : lengths[i];
            blocks[i] = HeapReAlloc(heap, 0, blocks[i], length);
            if (!blocks[i] || !holds(i, both)) wrong++;
            lengths[i] = length;
            fill(i);
        } else if (blocks[i]) {
            if (!holds(i, lengths[i]) || HeapSize(heap, 0, blocks[i]) != lengths[i]) wrong++;
            if (!HeapFree(heap, 0, blocks[i])) wrong++;
            blocks[i] = 0;
        } else {
            lengths[i] = chance(20) == 0 ? chance(900000) + 1 : chance(400) + 1;
            blocks[i] = HeapAlloc(heap, 0, lengths[i]);
            if (!blocks[i]) return 1;
            if ((DWORD)blocks[i] & 7) unaligned++;
            fill(i);
        }
    }
    hex("wrong", wrong);
    hex("unaligned", unaligned);
    zeros = HeapAlloc(heap, HEAP_ZERO_MEMORY, 5000);
    for (i = 0, wrong = 0; i < 5000; i++) wrong += zeros[i];
    hex("not zero", wrong);
    if (HeapSize(heap, 0, HeapAlloc(heap, 0, 0)) != 0) return 2;
    return 0;
}
