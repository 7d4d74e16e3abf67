using Paging.Traces.Reading;

namespace Paging.Traces.Tests;

/// <summary>Belady's rule, by looking at the whole rest of the trace at each miss.</summary>
internal static class NaiveOpt
{
    public static long Misses(int frameCount, TraceAccess[] accesses)
    {
        HashSet<ulong> resident = [];
        long misses = 0;
        for (int now = 0; now < accesses.Length; now++)
        {
            if (resident.Contains(accesses[now].Page)) continue;
            misses++;
            if (resident.Count == frameCount) resident.Remove(resident.MaxBy(page => NextUse(accesses, now, page)));
            resident.Add(accesses[now].Page);
        }
        return misses;
    }

    private static int NextUse(TraceAccess[] accesses, int now, ulong page)
    {
        int index = Array.FindIndex(accesses, now, access => access.Page == page);
        return index < 0 ? int.MaxValue : index;
    }
}
