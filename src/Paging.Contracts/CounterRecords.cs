using System.Runtime.InteropServices;

namespace Paging.Core;

/// <summary>Adds records of counters, and formats them as one line for a debugger or a log.</summary>
internal static class CounterRecords
{
    /// <summary>The counters that are not zero: <c>minor faults 3, pages copied on write 1</c>; <c>nothing</c> if all are.</summary>
    public static string Format(IReadOnlyList<NamedCount> all)
    {
        List<string> parts = [];
        foreach ((string name, long count) in all)
            if (count != 0) parts.Add($"{name} {count}");
        return parts.Count == 0 ? "nothing" : string.Join(", ", parts);
    }

    /// <summary>Adds the figures of one record to those of another. Precondition: all of them are 64-bit numbers.</summary>
    public static void Add<TRecord>(ref TRecord sum, in TRecord more) where TRecord : unmanaged
    {
        Span<long> sums = MemoryMarshal.Cast<TRecord, long>(new Span<TRecord>(ref sum));
        ReadOnlySpan<long> added = MemoryMarshal.Cast<TRecord, long>(new ReadOnlySpan<TRecord>(in more));
        for (int i = 0; i < sums.Length; i++) sums[i] += added[i];
    }

    /// <summary>Takes the figures of one record from those of another. Precondition: as <see cref="Add"/>.</summary>
    public static void Subtract<TRecord>(ref TRecord sum, in TRecord less) where TRecord : unmanaged
    {
        Span<long> sums = MemoryMarshal.Cast<TRecord, long>(new Span<TRecord>(ref sum));
        ReadOnlySpan<long> taken = MemoryMarshal.Cast<TRecord, long>(new ReadOnlySpan<TRecord>(in less));
        for (int i = 0; i < sums.Length; i++) sums[i] -= taken[i];
    }

    /// <summary>Goes back to earlier figures, and adds the difference to a record of its own. Precondition: as <see cref="Add"/>.</summary>
    public static void Restore<TRecord>(ref TRecord now, in TRecord then, ref TRecord undone) where TRecord : unmanaged
    {
        Span<long> figures = MemoryMarshal.Cast<TRecord, long>(new Span<TRecord>(ref now));
        ReadOnlySpan<long> earlier = MemoryMarshal.Cast<TRecord, long>(new ReadOnlySpan<TRecord>(in then));
        if (figures.SequenceEqual(earlier)) return;    // most processes of an engine have not run since
        Span<long> sums = MemoryMarshal.Cast<TRecord, long>(new Span<TRecord>(ref undone));
        for (int i = 0; i < figures.Length; i++)
        {
            sums[i] += figures[i] - earlier[i];
            figures[i] = earlier[i];
        }
    }
}
