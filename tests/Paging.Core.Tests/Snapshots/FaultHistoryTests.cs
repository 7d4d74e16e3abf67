using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>State goes back, history does not: usage is that of the snapshot, the counters of faults only grow.</summary>
public sealed class FaultHistoryTests
{
    [Fact]
    public void ARestoreUndoesUsageAndKeepsTheHistory()
    {
        using World world = new();
        world.Map(0, 20);
        for (int page = 0; page < 20; page++) world.Touch(page);
        using Snapshot snapshot = world.First.TakeSnapshot();
        FaultUsage then = world.Memory.Usage.Faults;
        for (int iteration = 1; iteration <= 3; iteration++)
        {
            for (int page = 0; page < 10; page++) world.Touch(page, 2);
            Assert.Equal((then.Minor + 10, then.Copied + 10), (world.Memory.Usage.Faults.Minor, world.Memory.Usage.Faults.Copied));
            World.Succeeds(snapshot.Restore());
            Assert.Equal(then, world.Memory.Usage.Faults);
            Assert.Equal((20 + (10 * iteration), 10 * iteration), (world.Memory.Faults.Minor, world.Memory.Faults.Copied));
            Assert.Equal(world.Memory.Faults, world.Engine.Faults);
        }
    }

    /// <summary>The next process in a space has its own history; execution goes on with that of the process.</summary>
    [Fact]
    public void AHistoryIsThatOfAProcess()
    {
        using World world = new();
        UserProcess first = world.Engine.CreateProcess("first");
        World.MapAs(first, 0, 4, MemoryProtection.ReadWrite, World.PrivateFixed);
        Snapshot snapshot = first.TakeSnapshot();
        first.Memory.Mmu.Write(World.At(0), 1);
        World.Succeeds(snapshot.Restore());
        Assert.Equal((1, 0), (first.Memory.Faults.Minor, first.Memory.Usage.Faults.Minor));
        World.Succeeds(first.ReplaceMemory("program", isTopDown: true, World.At(0).Page));
        Assert.Equal(1, first.Memory.Faults.Minor);
        first.Dispose();
        using UserProcess next = world.Engine.CreateProcess("next");
        Assert.Equal((0, 1), (next.Memory.Faults.Minor, world.Engine.Faults.Minor));
    }

    /// <summary>The engine's counters never become smaller, whatever goes back, ends, or comes back.</summary>
    [Fact]
    public void TheEnginesCountersOnlyGrow() => Property.ForSeeds(60, static seed =>
    {
        Random random = new((int)seed);
        using World world = new(8);
        world.Map(0, 30);
        List<EngineSnapshot> ofAll = [];
        List<Snapshot> own = [];
        long faults = 0, made = 0;
        for (int step = 0; step < 80; step++)
        {
            UserProcess[] running = [.. world.Engine.Processes.Where(static process => !process.HasExited)];
            UserProcess? process = running.Length == 0 ? null : running[random.Next(running.Length)];
            long before = process?.Memory.Faults.Minor ?? 0;
            switch (random.Next(9))
            {
                case 0 when ofAll.Count < 3: ofAll.Add(world.Engine.TakeSnapshot()); break;
                case 1 when ofAll.Count != 0: World.Succeeds(ofAll[random.Next(ofAll.Count)].Restore()); break;
                case 2 when process is not null && own.Count < 3: own.Add(process.TakeSnapshot()); break;
                case 3 when own.Count != 0 && own[^1].IsValid && !own[^1].Process.HasExited: World.Succeeds(own[^1].Restore()); break;
                case 4 when running.Length < 4: process?.Fork(); break;
                case 5 when running.Length > 1: process!.Exit(); break;
                case 6 when running.Length > 1: process!.Dispose(); break;
                default:
                    process?.Memory.Mmu.TryWrite(World.At(random.Next(30)), (byte)step);
                    made += (process?.Memory.Faults.Minor ?? 0) - before;
                    break;
            }

            Assert.True(world.Engine.Faults.Minor >= faults, $"{faults} faults, then {world.Engine.Faults.Minor}");
            faults = world.Engine.Faults.Minor;
            Assert.Equal(made, faults);
        }

        world.Verify();
    });
}
