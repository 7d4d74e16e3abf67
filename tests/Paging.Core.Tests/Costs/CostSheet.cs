using System.Globalization;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Core.Tests;

/// <summary>
/// What an operation did, counted from outside by comparing everything before with everything after: no counter runs in the engine for it.
/// </summary>
internal sealed class CostSheet
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>One line for each operation and counter, in order.</summary>
    public IEnumerable<string> Lines =>
        _counts.Select(static count => string.Create(CultureInfo.InvariantCulture, $"{count.Key},{count.Value}"));

    /// <summary>Notes a figure that was counted elsewhere.</summary>
    public void Note(string operation, string counter, long value) => _counts.Add($"{operation},{counter}", value);

    /// <summary>Does the operation and notes what changed.</summary>
    public void Measure(string operation, World world, Action act)
    {
        Snapshot before = new(world);
        act();
        Snapshot after = new(world);
        Note(operation, "faults", after.Faults - before.Faults);
        Note(operation, "area-walks", after.Walks - before.Walks);
        Note(operation, "allocations", after.Allocations - before.Allocations);
        Note(operation, "descriptors-changed", Snapshot.Differences(before.Descriptors, after.Descriptors));
        Note(operation, "entries-changed", after.EntriesChangedSince(before));
        Note(operation, "translations-changed",
            Snapshot.Differences(before.Reads, after.Reads) + Snapshot.Differences(before.Writes, after.Writes));
    }

    private sealed class Snapshot
    {
        private readonly Dictionary<uint, uint[]> _tables = [];

        public Snapshot(World world)
        {
            PagingEngine engine = world.Engine;
            engine.Parts.Machine.Injection.IsCounting = true;
            FaultCounters faults = engine.Faults;
            Faults = faults.Minor + faults.Major + faults.Refused;
            Walks = world.Memory.Space.Areas.Tree.WalkCount;
            Allocations = engine.Parts.Machine.Injection.AllocationsAsked;
            Descriptors = new FrameDescriptor[engine.Parts.Machine.Frames.Count.Value];
            for (uint frame = 0; frame < Descriptors.Length; frame++)
            {
                Descriptors[frame] = engine.Frames.Describe(new(frame));
                if (Descriptors[frame].State == FrameState.PageTable) _tables.Add(frame, engine.Ram.Words(new(frame)).ToArray());
            }

            Reads = world.Mmu.Pair.ReadWords.ToArray();
            Writes = world.Mmu.Pair.WriteWords.ToArray();
        }

        public long Faults { get; }
        public long Walks { get; }
        public long Allocations { get; }
        public FrameDescriptor[] Descriptors { get; }
        public long[] Reads { get; }
        public long[] Writes { get; }

        /// <summary>Words of tables and directories that differ; a table that came or went was, or is, all zero.</summary>
        public long EntriesChangedSince(Snapshot before)
        {
            uint[] empty = new uint[1024];
            return _tables.Keys.Union(before._tables.Keys)
                .Sum(frame => Differences(before._tables.GetValueOrDefault(frame, empty), _tables.GetValueOrDefault(frame, empty)));
        }

        public static long Differences<T>(T[] before, T[] after) where T : unmanaged
        {
            long count = 0;
            for (int i = 0; i < before.Length; i++)
                if (!EqualityComparer<T>.Default.Equals(before[i], after[i])) count++;
            return count;
        }
    }
}
