using Paging.Core;
using Paging.Native;
using Paging.Reports;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Wild words in the page tables of a process with snapshots.</summary>
internal sealed class SnapshotDamage(PagingEngine engine, FuzzRandom random)
{
    private readonly WildWords _words = new(random);

    /// <summary>Spoils a table, looks at everything, and puts the words back: nothing else may have changed.</summary>
    /// <returns>The first wrong report; null: none.</returns>
    public string? SpoilAndPutBack(UserProcess process)
    {
        FrameNumber table = _words.ChooseTable(engine, process);
        bool isOfUserHalf = IsOfUserHalf(process, table);
        uint[] before = engine.Ram.Words(table).ToArray();
        _words.Spoil(engine.Ram, table);
        bool mustBeSeen = isOfUserHalf && HasNewEntry(before, engine.Ram.Words(table));
        bool isClean = engine.Audit().IsClean;
        Report(process);
        before.CopyTo(engine.Ram.Words(table));
        return isClean && mustBeSeen ? $"the audit has not seen a wild entry in frame {table}" : null;
    }

    /// <summary>Spoils a table for good, and calls all that walks it: a check of the engine may fail, and nothing else is thrown.</summary>
    public void SpoilForGood(UserProcess process, IReadOnlyList<Snapshot> snapshots)
    {
        Try(() => _words.Spoil(engine.Ram, _words.ChooseTable(engine, process)));
        Try(() => process.TryTakeSnapshot(out _, out _));
        foreach (Snapshot snapshot in snapshots)
        {
            Try(() => snapshot.Restore());
            Try(() => process.Memory.Mmu.TryWrite(new(0x2000_0000 + (random.Below(96u) << 12)), 1));
            Try(() => _words.Spoil(engine.Ram, _words.ChooseTable(engine, process)));
        }

        Try(() => Report(process));
        Try(() => ImageOf(process));
        Try(() => process.Fork(out _));
        foreach (Snapshot snapshot in snapshots) Try(snapshot.Dispose);
        Try(process.Dispose);
        Try(() => engine.Audit());
    }

    /// <summary>A page table below the user half. No rule looks into the tables of the kernel half.</summary>
    private bool IsOfUserHalf(UserProcess process, FrameNumber table)
    {
        ReadOnlySpan<uint> top = engine.Ram.Words(process.Memory.PrepareWalk());
        if (engine.Options.Tables == TableFormat.Classic) return LeadsTo(top[..768], table);
        for (int gibibyte = 0; gibibyte < 3; gibibyte++)
            if ((top[2 * gibibyte] & 1) != 0 && LeadsTo(engine.Ram.Words(new(top[2 * gibibyte] >> 12)), table)) return true;
        return false;
    }

    private static bool LeadsTo(ReadOnlySpan<uint> words, FrameNumber table)
    {
        foreach (uint word in words)
            if ((word & 1) != 0 && word >> 12 == table.Value) return true;
        return false;
    }

    /// <summary>True if an entry of either format is present now, and its place was empty.</summary>
    private static bool HasNewEntry(ReadOnlySpan<uint> before, ReadOnlySpan<uint> after)
    {
        for (int i = 0; i < before.Length; i += 2)
            if (before[i] == 0 && before[i + 1] == 0 && (after[i] & 1) != 0) return true;
        return false;
    }

    private void Report(UserProcess process)
    {
        AddressSpace memory = process.Memory;
        _ = memory.FormatSmaps() + process.FormatStatus() + memory.FormatStatm() + engine.FormatMeminfo();
        for (uint page = 0; page < 128; page++)
        {
            memory.ReadPagemap(new(0x2_0000 + page));
            memory.HasOwnPage(new(0x2_0000 + page));
        }
    }

    private static void ImageOf(UserProcess process)
    {
        if (process.TryTakeSnapshot(out Snapshot? snapshot, out _)) SnapshotClones.TryMakeImage(snapshot, out _);
    }

    private static void Try(Action call)
    {
        try
        {
            call();
        }
        catch (InvariantException)
        {
            // the wild words were found
        }
    }
}
