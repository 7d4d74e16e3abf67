using Xunit;

namespace Paging.Core.Tests;

/// <summary>The records of a reaped process are reused: the next process inherits none of its settings.</summary>
/// <remarks>Linux: mm_init and copy_process give a new mm_struct and task_struct their values each time.</remarks>
public sealed class UsedSlotTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]    // the one that uses the slot again is a child
    public void AProcessInAUsedSlotIsLikeTheFirst(bool isForked)
    {
        using PagingEngine engine = new(World.Options(4));
        using UserProcess parent = engine.CreateProcess("parent");
        string expected = Describe(isForked ? parent.Fork() : engine.CreateProcess("next"), ends: false);
        for (int round = 0; round < 3; round++)
        {
            UserProcess busy = engine.CreateProcess("busy", new ProcessOptions { IsPrivileged = true, StackLimit = 1 << 20 });
            AddressSpace memory = busy.Memory;
            memory.ReadImpliesExecute = true;
            memory.IsAllMergeable = true;
            busy.OutOfMemoryScore = 500;
            foreach (ResourceLimit limit in Enum.GetValues<ResourceLimit>()) memory.SetLimit(limit, 64 << 20);
            memory.HugePages.SetPolicy(TransparentPolicy.OnlyAdvised);
            World.Succeeds(memory.LockAll(LockAllFlags.Future));
            World.MapAs(busy, 3, 9, MemoryProtection.ReadWrite, World.PrivateFixed);
            memory.Mmu.Write(World.At(4), 1u);
            memory.SetBreak(memory.Break + 8192);
            memory.ExecuteGain = ExecuteGain.Refused;    // last: the memory above can be written and executed
            busy.Dispose();
            UserProcess next = isForked ? parent.Fork() : engine.CreateProcess("next");
            Assert.Equal(expected, Describe(next, ends: true));
            engine.Audit().ThrowIfBroken();
        }
    }

    /// <summary>Everything that can be set or counted, and which rights new areas get.</summary>
    private static string Describe(UserProcess process, bool ends)
    {
        AddressSpace memory = process.Memory;
        World.MapAs(process, 8, 2, MemoryProtection.Read, World.PrivateFixed);
        string text = string.Join('\n',
            $"{memory.ReadImpliesExecute} {memory.IsPrivileged} {memory.HugePages.Policy}",
            $"{memory.ExecuteGain} {memory.IsAllMergeable}",
            $"{process.OutOfMemoryScore} {process.HasExited}",
            string.Join(' ', Enum.GetValues<ResourceLimit>().Select(limit => memory.GetLimit(limit))),
            World.AreasOf(process),
            $"{memory.Break} {memory.StartBreak} {memory.Usage} {memory.Footprint} {memory.Faults}",
            string.Join(' ', memory.Areas.Snapshot().Select(static area => area.Flags)));
        if (ends) process.Dispose();
        return text;
    }
}
