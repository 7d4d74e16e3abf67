using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Testing.Lockstep;

namespace Paging.Testing.Conformance;

/// <summary>Sorts recordings by <see cref="CourseLevel"/>: the level of a recording is the highest of its calls.</summary>
public static class CourseLevels
{
    private const int BeginningLengthMin = 3;
    private const long PageMask = 0xFFF;

    /// <summary>The levels, from the first.</summary>
    public static IReadOnlyList<CourseLevel> All { get; } = Enum.GetValues<CourseLevel>();

    /// <summary>The name of a level in words.</summary>
    public static string NameOf(CourseLevel level) => level switch
    {
        CourseLevel.ReserveAndTouch => "reserve and touch",
        CourseLevel.UnmapAndSplit => "unmap and split",
        CourseLevel.CopyOnWrite => "copy on write, fork",
        CourseLevel.Files => "files, shared memory",
        _ => "pressure, and all else",
    };

    /// <summary>The level of a recording.</summary>
    public static CourseLevel Of(ConformanceScript script)
    {
        int[] lengths = LengthsOf(script);
        return All[Array.FindIndex(lengths, length => length == script.Calls.Count)];
    }

    /// <summary>
    /// The level of a call; null for an inspection, which every level has. A mapping over another one is of the second level, which the
    /// call alone does not show.
    /// </summary>
    public static CourseLevel? Of(in ScenarioCall call) => call.Name switch
    {
        CallName.Maps or CallName.Areas or CallName.Resident or CallName.Pagemap or CallName.Vm or CallName.Faults => null,
        CallName.Mmap => OfMap(call),
        CallName.Mprotect => ((MemoryProtection)call.A2 & (MemoryProtection.GrowsDown | MemoryProtection.GrowsUp)) != 0
            ? CourseLevel.Pressure : CourseLevel.UnmapAndSplit,
        CallName.Munmap or CallName.Brk => CourseLevel.UnmapAndSplit,
        CallName.Fork or CallName.Exit => CourseLevel.CopyOnWrite,
        CallName.Msync or (>= CallName.Open and <= CallName.Fsize) => CourseLevel.Files,
        >= CallName.Load and <= CallName.CopyOut => CourseLevel.ReserveAndTouch,
        _ => CourseLevel.Pressure,
    };

    /// <summary>
    /// The recordings, each at its level, and their beginnings at the levels below: up to the first call of a higher one. A beginning is
    /// a recording too, with the kernel's results. Few recordings fork and know no files: those of higher levels that fork are at the
    /// third level without the calls of higher ones, with the model's results.
    /// </summary>
    public static IEnumerable<(CourseLevel Level, ConformanceScript Script)> Sort(IEnumerable<ConformanceScript> recordings)
    {
        foreach (ConformanceScript script in recordings)
        {
            int[] lengths = LengthsOf(script);
            for (int i = 0; i < lengths.Length; i++)
            {
                int length = lengths[i], shorter = i == 0 ? 0 : lengths[i - 1];
                if (length == shorter) continue;
                bool isWhole = length == script.Calls.Count;
                bool says = length >= BeginningLengthMin && script.Calls.Take(length).Any(static call => call.Name != CallName.Mmap);
                if (isWhole) yield return (All[i], script);
                else if (says) yield return (All[i], Begin(script, length));
            }

            if (Forks(script) is { } forks) yield return (CourseLevel.CopyOnWrite, forks);
        }
    }

    /// <summary>The recording without what is above the third level; null if nothing is, or if it does not fork.</summary>
    private static ConformanceScript? Forks(ConformanceScript script)
    {
        if (script.Header.UsesHugePages || script.Header.Lowest is not null || Of(script) <= CourseLevel.CopyOnWrite) return null;
        if (!script.Calls.Any(static call => call.Name == CallName.Fork)) return null;
        ConformanceScript forks = script.Without(MachineSet.Model, index => Of(script.Calls[index]) > CourseLevel.CopyOnWrite);
        return Of(forks) == CourseLevel.CopyOnWrite ? forks with { Name = script.Name + ":fork" } : null;
    }

    private static ConformanceScript Begin(ConformanceScript script, int length) => script with
    {
        Name = $"{script.Name}:{length}",
        Calls = [.. script.Calls.Take(length)],
        Expected = [.. script.Expected.Take(length)],
    };

    /// <summary>For each level, the number of calls before the first of a higher one.</summary>
    private static int[] LengthsOf(ConformanceScript script)
    {
        int[] lengths = new int[All.Count];
        List<(long Start, long End)> mapped = [];
        CourseLevel reached = script.Header.UsesHugePages || script.Header.Lowest is not null
            ? CourseLevel.Pressure : CourseLevel.ReserveAndTouch;
        for (int i = 0; i < script.Calls.Count; i++)
        {
            CourseLevel level = OfStep(script.Calls[i], script.Expected[i], mapped) ?? CourseLevel.ReserveAndTouch;
            if (level > reached) reached = level;
            for (int below = (int)reached; below <= lengths.Length; below++) lengths[below - 1] = i + 1;
        }

        return lengths;
    }

    /// <summary>The level of a call after those that have mapped the ranges; adds its own.</summary>
    private static CourseLevel? OfStep(in ScenarioCall call, in ScriptResult expected, List<(long Start, long End)> mapped)
    {
        CourseLevel? level = Of(call);
        if (call.Name != CallName.Mmap || expected.Kind != CallResultKind.Address) return level;
        long start = expected.Value, end = start + ((call.A1 + PageMask) & ~PageMask);
        if (level == CourseLevel.ReserveAndTouch && mapped.Exists(other => start < other.End && other.Start < end))
            level = CourseLevel.UnmapAndSplit;
        mapped.Add((start, end));
        return level;
    }

    private static CourseLevel OfMap(in ScenarioCall call)
    {
        MapFlags flags = (MapFlags)call.A3;
        if ((flags & (MapFlags.GrowsDown | MapFlags.Locked | MapFlags.HugeTlb)) != 0) return CourseLevel.Pressure;
        bool isPrivate = (flags & MapFlags.TypeMask) == MapFlags.Private;
        return isPrivate && (flags & MapFlags.Anonymous) != 0 ? CourseLevel.ReserveAndTouch : CourseLevel.Files;
    }
}
