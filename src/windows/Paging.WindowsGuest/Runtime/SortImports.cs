using Paging.WindowsGuest.Calls;
using Paging.WindowsGuest.Threads;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>qsort and bsearch: the program's own function compares.</summary>
internal static class SortImports
{
    public static ImportedCall[] All { get; } =
    [
        Of("qsort", static call =>
        {
            (uint start, uint count, uint width, uint compare) = (call[0], call[1], call[2], call[3]);
            return call.Frame.Call(routine => Sort(call, routine, start, count, width, compare));
        }),
        Of("bsearch", static call =>
        {
            (uint key, uint start, uint count, uint width, uint compare) = (call[0], call[1], call[2], call[3], call[4]);
            return call.Frame.Call(routine => Search(routine, key, start, count, width, compare));
        }),
    ];

    /// <summary>Heap sort: in place, O(n log n) comparisons for any order; elements are in memory while they are compared.</summary>
    private static IEnumerable<GuestCall> Sort(
        RuntimeCall call, GuestRoutine routine, uint start, uint count, uint width, uint compare)
    {
        for (uint unsorted = count / 2, end = count; end > 1;)
        {
            if (unsorted > 0) unsorted--;
            else Swap(call, start, start + (--end * width), width);
            for (uint parent = unsorted, child; (child = (parent * 2) + 1) < end; parent = child)
            {
                if (child + 1 < end)
                {
                    yield return new(compare, start + (child * width), start + ((child + 1) * width));
                    if ((int)routine.Answer < 0) child++;
                }

                yield return new(compare, start + (parent * width), start + (child * width));
                if ((int)routine.Answer >= 0) break;
                Swap(call, start + (parent * width), start + (child * width), width);
            }

            if (call.Runtime.Fault is not null) yield break;
        }
    }

    private static void Swap(RuntimeCall call, uint left, uint right, uint width)
    {
        byte[] one = call.Bytes(left, width), other = call.Bytes(right, width);
        call.Put(left, other);
        call.Put(right, one);
    }

    private static IEnumerable<GuestCall> Search(GuestRoutine routine, uint key, uint start, uint count, uint width, uint compare)
    {
        uint first = 0, end = count;
        while (first < end)
        {
            uint middle = first + ((end - first) / 2);
            yield return new(compare, key, start + (middle * width));
            if (routine.Answer == 0)
            {
                routine.Result = start + (middle * width);
                yield break;
            }

            if ((int)routine.Answer < 0) end = middle;
            else first = middle + 1;
        }
    }
}
