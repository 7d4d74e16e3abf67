using Xunit;

namespace Paging.Core.Tests;

/// <summary>Other calls on memory registered with a userfaultfd: the events that they send, and the marks that stay.</summary>
/// <remarks>
/// Linux: fs/userfaultfd.c userfaultfd_remove, userfaultfd_unmap_prep; mm/madvise.c madvise_remove; mm/memory.c
/// zap_install_uffd_wp_if_needed.
/// </remarks>
public sealed class ReportedAreaTests : IDisposable
{
    private const UserfaultFeatures Events =
        UserfaultFeatures.All & ~(UserfaultFeatures.Signal | UserfaultFeatures.ProtectSilently | UserfaultFeatures.Fork);

    private readonly World _world = new();
    private readonly GuestFile _file;

    /// <summary>Private memory at pages 0 to 7, shared memory at 10 to 17, all of it written.</summary>
    public ReportedAreaTests()
    {
        _file = _world.CreateFile("shared", 8);
        _world.Map(0, 8);
        _world.MapFile(_world.Open(_file), 10, 8, type: MapFlags.Shared);
        for (int page = 0; page < 18; page++)
            if (page is < 8 or >= 10) _world.Touch(page, (byte)(page + 1));
    }

    public void Dispose()
    {
        _world.Verify();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    private List<UserfaultMessage> Messages(Userfaultfd faults)
    {
        List<UserfaultMessage> messages = [];
        while (faults.TryRead(out UserfaultMessage message)) messages.Add(message);
        return messages;
    }

    /// <summary>Reports are by small page, so a huge page is split.</summary>
    [Fact]
    public void AHugePageIsSplitWhenItIsRegistered()
    {
        using HugeWorld world = new();
        world.MapLines(0, 2);
        world.FillLines(0, 2);
        Assert.Equal(2, world.CountHugeLines(2));
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(UserfaultFeatures.None);
        World.Succeeds(faults.Register(HugeWorld.At(0), (uint)world.PagesEach << 12, UserfaultModes.Missing));
        Assert.Equal(1, world.CountHugeLines(2));
        Assert.False(world.Memory.Space.Tables.Huge.Has(HugeWorld.At(0).Page));
    }

    /// <summary>Discarding pages sends one event with the range, if the userfaultfd asked for it. Other advice sends none.</summary>
    [Theory]
    [InlineData(MemoryAdvice.DontNeed, 2, 3, true)]
    [InlineData(MemoryAdvice.DontNeedLocked, 2, 3, true)]
    [InlineData(MemoryAdvice.Free, 2, 3, true)]
    [InlineData(MemoryAdvice.Remove, 12, 3, true)]
    [InlineData(MemoryAdvice.DontNeed, 12, 3, true)]
    [InlineData(MemoryAdvice.Cold, 2, 3, false)]
    [InlineData(MemoryAdvice.Random, 2, 3, false)]
    public void DiscardedPagesAreReported(MemoryAdvice advice, int page, int count, bool isReported)
    {
        foreach (bool isRequested in (bool[])[true, false])
        {
            using Userfaultfd faults = _world.Memory.Userfaultfds.Open(isRequested ? Events : Events & ~UserfaultFeatures.Remove);
            World.Succeeds(faults.Register(World.At(page), World.Bytes(8), UserfaultModes.Missing));
            World.Succeeds(_world.Memory.Advise(World.At(page), World.Bytes(count), advice));
            List<UserfaultMessage> messages = Messages(faults);
            Assert.Equal(isReported && isRequested ? 1 : 0, messages.Count);
            if (messages is not [UserfaultMessage sent]) continue;
            Assert.Equal((UserfaultMessageKind.Remove, World.At(page), World.Bytes(count)), (sent.Kind, sent.Address, sent.ByteLength));
        }
    }

    /// <summary>A page of shared memory that is protected stays so when its entry goes: its next write is reported.</summary>
    [Theory]
    [InlineData(MemoryAdvice.DontNeed, true), InlineData(MemoryAdvice.Cold, true), InlineData(MemoryAdvice.Remove, true)]
    public void ProtectionOfSharedMemoryStays(MemoryAdvice advice, bool isReported)
    {
        using Userfaultfd faults = _world.Memory.Userfaultfds.Open(Events & ~UserfaultFeatures.Remove);
        World.Succeeds(faults.Register(World.At(10), World.Bytes(8), UserfaultModes.WriteProtect));
        World.Succeeds(faults.WriteProtect(World.At(11), World.Bytes(2), protect: true));
        World.Succeeds(_world.Memory.Advise(World.At(10), World.Bytes(4), advice));
        for (int page = 10; page < 14; page++)
        {
            bool isWritten = _world.Mmu.TryWrite(World.At(page), (byte)9, out MemoryFault fault);
            Assert.Equal(isReported && page is 11 or 12 ? MemoryFaultKind.Pending : MemoryFaultKind.None, fault.Kind);
            Assert.Equal(fault.Kind == MemoryFaultKind.None, isWritten);
        }
    }

    /// <summary>The protection of private memory goes with the page.</summary>
    [Fact]
    public void ProtectionOfPrivateMemoryGoes()
    {
        using Userfaultfd faults = _world.Memory.Userfaultfds.Open(Events & ~UserfaultFeatures.Remove);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(8), UserfaultModes.WriteProtect));
        World.Succeeds(faults.WriteProtect(World.At(1), World.Bytes(2), protect: true));
        World.Succeeds(_world.Memory.Advise(World.At(1), World.Bytes(1), MemoryAdvice.DontNeed));
        Assert.True(_world.Mmu.TryWrite(World.At(1), (byte)9));
        Assert.False(_world.Mmu.TryWrite(World.At(2), (byte)9));
        World.Succeeds(faults.WriteProtect(World.At(2), World.Bytes(1), protect: false));
        Assert.True(_world.Mmu.TryWrite(World.At(2), (byte)9));
    }

    /// <summary>An unmapping of several registered areas sends each userfaultfd one event, with the whole range.</summary>
    [Fact]
    public void AnUnmappingIsReportedOnce()
    {
        using Userfaultfd one = _world.Memory.Userfaultfds.Open(Events), other = _world.Memory.Userfaultfds.Open(Events);
        World.Succeeds(one.Register(World.At(0), World.Bytes(2), UserfaultModes.Missing));
        World.Succeeds(one.Register(World.At(4), World.Bytes(2), UserfaultModes.Missing));
        World.Succeeds(other.Register(World.At(6), World.Bytes(2), UserfaultModes.Missing));
        World.Succeeds(_world.Memory.Unmap(World.At(1), World.Bytes(6)));
        foreach (Userfaultfd faults in (Userfaultfd[])[one, other])
        {
            UserfaultMessage sent = Assert.Single(Messages(faults));
            Assert.Equal((UserfaultMessageKind.Unmap, World.At(1), World.At(7)), (sent.Kind, sent.Address, sent.Address + sent.ByteLength));
        }

        World.Succeeds(_world.Memory.Unmap(World.At(10), World.Bytes(1)));    // neither of them has it
        World.Succeeds(_world.Memory.Unmap(World.At(7), World.Bytes(1)));
        Assert.Empty(Messages(one));
        Assert.Single(Messages(other));
    }

    /// <summary>Until a change was read, nothing is filled, protected or moved.</summary>
    [Fact]
    public void AChangeThatWasNotReadHoldsUpEverything()
    {
        using Userfaultfd faults = _world.Memory.Userfaultfds.Open(Events);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(8), UserfaultModes.Missing | UserfaultModes.WriteProtect));
        World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(2), MemoryAdvice.DontNeed));
        const UserfaultFillFlags plain = UserfaultFillFlags.None;
        World.Returns(Errno.EAGAIN, faults.Copy(World.At(0), new byte[4096], plain, out ulong done));
        World.Returns(Errno.EAGAIN, faults.ZeroPage(World.At(0), 4096, plain, out done));
        World.Returns(Errno.EAGAIN, faults.Poison(World.At(0), 4096, plain, out done));
        World.Returns(Errno.EAGAIN, faults.Move(World.At(0), World.At(3), 4096, allowHoles: false, plain, out done));
        World.Returns(Errno.EAGAIN, faults.WriteProtect(World.At(0), 4096, protect: true));
        Assert.Equal(0ul, done);
        Assert.Single(Messages(faults));
        World.Succeeds(faults.Copy(World.At(0), new byte[4096], plain, out done));
        World.Succeeds(faults.Move(World.At(1), World.At(3), 4096, allowHoles: false, plain, out done));
        Assert.Equal((4096ul, 0, 4), (done, _world.Peek(0), _world.Peek(1)));
    }
}
