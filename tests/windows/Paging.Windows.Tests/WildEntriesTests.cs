using Paging.Core;
using Paging.Native;
using Paging.Reports;
using Paging.Windows.Reports;
using Paging.Windows.Sections;

namespace Paging.Windows.Tests;

/// <summary>The host may write anything into the tables of Windows processes: reports still work, and the audit names the damage.</summary>
public sealed class WildEntriesTests
{
    /// <summary>Words of each kind whose frame or slot exists, is another page's, or lies beyond all that there are.</summary>
    public static TheoryData<uint> Words()
    {
        TheoryData<uint> words = [0x0101_0101, 0x6767_6767, 0x8181_8181, 0xE7E7_E7E7, 0xFEFE_FEFE, 0xFFFF_FFFF, 0x0000_0400, 0xFFFF_F480];
        foreach (uint place in (uint[])[1, 5, 0x300, 0x400, 0xF_FFFF])
        {
            foreach (uint kind in (uint[])[0x000, 0x800]) words.Add((place << 12) | kind | (4 << 5));
            words.Add((place << 12) | (4 << 5) | (7 << 1));    // page file 7, which there is not
            words.Add((place << 12) | 0x867);                  // valid, of a page that may be written
            words.Add((place << 12) | 0x267);
        }

        return words;
    }

    [Theory, MemberData(nameof(Words))]
    public void TablesOfWildWordsAreReported(uint word)
    {
        SavedWorld world = new(withImage: false);    // not disposed: its audits would not be clean
        UserProcess user = world.Second.User;
        Span<uint> directory = world.Engine.Ram.Words(user.Memory.PrepareWalk());
        uint userTables = world.Second.AddressLimit.Value >> 22;
        for (int i = 0; i < userTables; i++)
        {
            if ((directory[i] & 1) == 0) continue;
            foreach (ref uint entry in world.Engine.Ram.Words(new(directory[i] >> 12)))
                if (entry != 0) entry = word;
        }

        ReportEverything(world);
        Assert.False(world.Machine.Audit().IsClean);
        UseEverything(world);
        _ = world.Engine.Audit();
        _ = world.Machine.Audit();
        _ = world.Machine.TakePfnSnapshot();
    }

    /// <summary>No report throws, whatever the tables hold.</summary>
    private static void ReportEverything(SavedWorld world)
    {
        AddressSpace memory = world.Second.User.Memory;
        _ = memory.Footprint;
        _ = memory.FormatSmaps() + memory.FormatSmapsRollup() + world.Second.User.FormatStatus() + memory.FormatStatm()
            + world.Engine.FormatMeminfo();
        foreach (AddressRun run in world.Second.TakeAddressSnapshot().Runs)
        {
            if (run.Information.State != MemoryState.Commit) continue;
            memory.ReadPagemap(run.Information.Base);
        }

        _ = world.Second.TakeRecord().ToString() + world.Second.TakeSnapshot() + world.Machine.TakePfnSnapshot();
        _ = world.Engine.Audit();
        _ = world.Second.User.OutOfMemoryScore;
    }

    /// <summary>Makes every kind of call that reads tables. A check may fail by name; nothing else is thrown.</summary>
    private static void UseEverything(SavedWorld world)
    {
        WindowsProcess process = world.Second;
        VirtualAddress[] regions = [.. process.TakeAddressSnapshot().Runs
            .Where(static run => run.Information.State == MemoryState.Commit).Select(static run => run.Information.Base.Address)];
        List<Action> calls = [() => world.Save(), () => process.WorkingSet.Empty(), () => world.Machine.Threads.RunModifiedPageWriter(8)];
        foreach (VirtualAddress at in regions)
        {
            calls.Add(() => process.Access.TryRead(at, out int _, out _));
            calls.Add(() => process.Access.TryWrite(at, 1, out _));
            calls.Add(() => process.Memory.VirtualProtect(at, 1, PageProtection.ReadOnly, out _));
            calls.Add(() => process.Memory.VirtualLock(at, 1));
            calls.Add(() => process.Memory.VirtualFree(at, 0x1000, AllocationTypes.Decommit));
            calls.Add(() => process.Memory.VirtualFree(at, 0, AllocationTypes.Release));
            calls.Add(() => process.Sections.UnmapViewOfFile(at));
        }

        calls.Add(() => world.Engine.RunBackground(100));
        calls.Add(() => world.Engine.Swap.SwitchOff(world.Engine.Swap.Devices[0]));
        calls.Add(() => process.Exit());
        foreach (Action call in calls)
        {
            Exception? thrown = Record.Exception(call);
            Assert.True(thrown is null or InvariantException, $"{thrown}");
        }
    }
}
