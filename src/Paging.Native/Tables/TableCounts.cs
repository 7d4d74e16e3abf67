using System.Runtime.CompilerServices;
using Paging.Native.Frames;

namespace Paging.Native.Tables;

/// <summary>Counts the entries of page tables in the tables' descriptors (P3).</summary>
internal static class TableCounts
{
    /// <summary>Counts entries, unless a host has made the directory lead to a frame that is no table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CountEntries(this PageTables tables, FrameNumber table, int change)
    {
        ref FrameDescriptor descriptor = ref tables.Frames.Named(table);
        if (descriptor.State == FrameState.PageTable) descriptor.Private += (uint)change;
    }

    /// <summary>Same as <see cref="CountEntries"/>, where other threads may count in the same table at the same time.</summary>
    public static void CountEntriesBeside(this PageTables tables, FrameNumber table, int change)
    {
        if (change == 0) return;
        ref FrameDescriptor descriptor = ref tables.Frames.Named(table);
        if (descriptor.State == FrameState.PageTable) Interlocked.Add(ref descriptor.Private, (uint)change);
    }
}
