using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Accesses that are tried again while they wait, and registrations that end while accesses wait.</summary>
/// <remarks>Linux: fs/userfaultfd.c handle_userfault, userfault_msg, userfaultfd_unregister.</remarks>
public sealed class RetriedAccessTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose()
    {
        _world.Verify();
        _world.Dispose();
    }

    /// <summary>The message keeps the address of its own access when another one retries, whether it was read or not.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void ARetryChangesNoMessage(int read)
    {
        _world.Map(0, 2);
        using Userfaultfd faults = _world.Memory.Userfaultfds.Open(UserfaultFeatures.ExactAddress | UserfaultFeatures.ThreadId);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(2), UserfaultModes.Missing));
        List<(VirtualAddress, int)> messages = [];
        Access(1, 8);
        Access(2, 0);
        for (int i = 0; i < read; i++) Read();
        Access(1, 8);
        Access(2, 0);
        Access(1, 16);    // the same page, and it waits already
        for (int i = read; i < 2; i++) Read();
        Assert.False(faults.TryRead(out _));
        Assert.Equal([(World.At(0, 8), 1), (World.At(0), 2)], messages);
        Assert.Equal((2, 2L), (faults.WaitingCount, faults.MessageCount));

        void Access(int thread, int offset)
        {
            _world.Memory.Userfaultfds.SetThread(thread, isSystemCall: false);
            Assert.False(_world.Mmu.TryRead(World.At(0, offset), out byte _, out MemoryFault fault));
            Assert.Equal((MemoryFaultKind.Pending, World.At(0, offset)), (fault.Kind, fault.Address));
        }

        void Read()
        {
            Assert.True(faults.TryRead(out UserfaultMessage message));
            messages.Add((message.Address, message.Thread));
        }
    }

    /// <summary>Ending a registration wakes an access that waits for a missing page. An access that waits to write stays.</summary>
    [Theory]
    [InlineData(UserfaultModes.Missing, 0)]
    [InlineData(UserfaultModes.WriteProtect, 1)]
    [InlineData(UserfaultModes.Missing | UserfaultModes.WriteProtect, 0)]
    public void OnlyAreasThatReportMissingPagesWakeWhenTheyAreUnregistered(UserfaultModes modes, int waiting)
    {
        _world.Map(0, 4);
        _world.Touch(1, 5);
        using Userfaultfd faults = _world.Memory.Userfaultfds.Open();
        World.Succeeds(faults.Register(World.At(0), World.Bytes(4), modes));
        if ((modes & UserfaultModes.WriteProtect) != 0)
        {
            World.Succeeds(faults.WriteProtect(World.At(1), 4096, protect: true));
            Assert.False(_world.Mmu.TryWrite(World.At(1), (byte)6));
        }
        else
        {
            Assert.False(_world.Mmu.TryRead(World.At(2), out byte _));
        }

        World.Succeeds(faults.Unregister(World.At(3), 4096));
        Assert.Equal(1, faults.WaitingCount);    // not its page
        World.Succeeds(faults.Unregister(World.At(0), World.Bytes(3)));
        Assert.Equal(waiting, faults.WaitingCount);
        _world.Touch(1, 7);
        _world.Touch(2, 7);
    }
}
