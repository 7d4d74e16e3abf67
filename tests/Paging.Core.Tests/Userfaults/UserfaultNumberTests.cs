using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The numbers of userfaultfds, of which an address space has 2,047, and pages that are neither there nor missing.</summary>
/// <remarks>Linux: fs/userfaultfd.c userfaultfd_register; mm/userfaultfd.c move_pages_pte, mfill_atomic_pte_continue.</remarks>
public sealed class UserfaultNumberTests : IDisposable
{
    private const int CountMax = 2_047, Beyond = CountMax + 8, PageCountOfAll = CountMax + 64;

    private readonly World _world = new();

    public void Dispose()
    {
        _world.Verify();
        _world.Dispose();
    }

    private static Errno Register(Userfaultfd faults, int page, UserfaultModes modes = UserfaultModes.Missing) =>
        faults.Register(World.At(page), 4096, modes);

    [Fact]
    public void AsManyAsThereAreNumbersHaveAreasAndTheNextWaitsForOneToClose()
    {
        _world.Map(0, PageCountOfAll);
        Userfaultfd[] all = [.. Enumerable.Range(0, CountMax + 1).Select(_ => _world.Memory.Userfaultfds.Open())];
        for (int i = 0; i < CountMax; i++) World.Succeeds(Register(all[i], i));
        World.Returns(Errno.ENOMEM, Register(all[CountMax], Beyond));
        for (int again = 1; again < 11; again++) World.Succeeds(Register(all[2], Beyond + again));    // one number for all areas
        for (int i = 0; i < CountMax; i++) AssertReportedTo(all[i], i);
        AssertReportedTo(all[2], Beyond + 10);
        all[4].Dispose();
        Assert.True(_world.Mmu.TryRead(World.At(4), out byte _));
        World.Succeeds(Register(all[CountMax], Beyond));
        AssertReportedTo(all[CountMax], Beyond);
        AssertReportedTo(all[6], 6);
        World.Returns(Errno.EBUSY, Register(all[0], Beyond));
        foreach (Userfaultfd faults in all) faults.Dispose();
        for (int page = 0; page < 32; page++) Assert.Equal(0, _world.Peek(page));
    }

    /// <summary>All numbers are taken, and then the one given last is free again.</summary>
    [Fact]
    public void TheLastNumberIsTheNextIfNoOtherIsFree()
    {
        _world.Map(0, PageCountOfAll);
        Userfaultfd[] all = [.. Enumerable.Range(0, CountMax + 1).Select(_ => _world.Memory.Userfaultfds.Open())];
        for (int i = 0; i < CountMax; i++) World.Succeeds(Register(all[i], i));
        all[CountMax - 1].Dispose();
        World.Succeeds(Register(all[CountMax], Beyond));
        AssertReportedTo(all[CountMax], Beyond);
        foreach (Userfaultfd faults in all) faults.Dispose();
    }

    /// <summary>Changes to the pages of a closed userfaultfd are counted without a message.</summary>
    [Fact]
    public void AClosedUserfaultfdGetsNoMessage()
    {
        _world.Map(0, 4);
        Userfaultfd faults = _world.Memory.Userfaultfds.Open(UserfaultFeatures.Remove);
        World.Succeeds(Register(faults, 0));
        UserfaultTable table = _world.Memory.Space.Userfaults!;
        UserfaultContext context = table.Find(_world.Memory.Space.Areas[_world.Memory.Space.Areas.Tree.Covering(World.At(0).Page)])!;
        long changes = table.ChangeCount;
        World.Succeeds(_world.Memory.Advise(World.At(0), 4096, MemoryAdvice.DontNeed));
        Assert.Equal((changes + 1, 1L, true), (table.ChangeCount, context.MessageCount, context.IsChanging));
        faults.Dispose();
        Assert.Null(context.Table);
        Assert.False(context.IsChanging);
        context.Add(new(UserfaultMessageKind.Remove, new(World.At(0).Page, PageCount.One), default, null));
        Assert.Equal((changes + 1, 2L), (table.ChangeCount, context.MessageCount));
        World.Succeeds(_world.Memory.Advise(World.At(0), 4096, MemoryAdvice.DontNeed));
        Assert.Equal(changes + 1, table.ChangeCount);
    }

    /// <summary>A fork passes on every userfaultfd that asked for it, and each child's reports the child's own pages.</summary>
    [Fact]
    public void AChildInheritsThoseThatReportForks()
    {
        _world.Map(0, 8);
        Userfaultfd[] all = [.. Enumerable.Range(0, 4).Select(which =>
            _world.Memory.Userfaultfds.Open(which % 2 == 0 ? UserfaultFeatures.Fork : UserfaultFeatures.None))];
        for (int i = 0; i < 8; i++) World.Succeeds(Register(all[i % 4], i));
        UserProcess child = _world.First.Fork();
        Assert.Equal([true, false, true, false], all.Select(static one => one.HasMessage));
        for (int i = 0; i < 4; i += 2)
        {
            Assert.True(all[i].TryRead(out UserfaultMessage message));
            Assert.Equal(UserfaultMessageKind.Fork, message.Kind);
            Userfaultfd heir = message.Child!;
            for (int page = i; page < 8; page += 4)
            {
                Assert.False(child.Memory.Mmu.TryRead(World.At(page), out byte _, out MemoryFault fault));
                Assert.Equal(MemoryFaultKind.Pending, fault.Kind);
                Assert.True(heir.TryRead(out UserfaultMessage missing));
                Assert.Equal(World.At(page), missing.Address);
                byte[] bytes = [.. Enumerable.Repeat((byte)(page + 1), 4096)];
                World.Succeeds(heir.Copy(World.At(page), bytes, UserfaultFillFlags.None, out _));
                Assert.Equal(page + 1, child.Memory.Mmu.Read<byte>(World.At(page)));
            }

            heir.Dispose();
        }

        for (int page = 1; page < 8; page += 2) Assert.Equal(0, child.Memory.Mmu.Read<byte>(World.At(page)));
        Assert.All(all, static one => Assert.Equal(0, one.WaitingCount));
        foreach (Userfaultfd faults in all) faults.Dispose();
    }

    /// <summary>A child whose fork message is unread loses its registrations once the parent's descriptor is closed.</summary>
    [Fact]
    public void AnUnreadChildIsLetGo()
    {
        _world.Map(0, 2);
        Userfaultfd faults = _world.Memory.Userfaultfds.Open(UserfaultFeatures.Fork);
        World.Succeeds(Register(faults, 0));
        UserProcess child = _world.First.Fork();
        Assert.False(child.Memory.Mmu.TryRead(World.At(0), out byte _));
        faults.Dispose();
        Assert.Equal(0, child.Memory.Mmu.Read<byte>(World.At(0)));
        Assert.Equal(0, _world.Peek(0));
    }

    [Fact]
    public void GuardsAndPoisonAreNotMoved()
    {
        _world.Map(0, 4);
        _world.Map(8, 4);
        using Userfaultfd faults = _world.Memory.Userfaultfds.Open(UserfaultFeatures.All & ~UserfaultFeatures.Signal);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(4), UserfaultModes.Missing));
        World.Succeeds(_world.Memory.Advise(World.At(9), 4096, MemoryAdvice.GuardInstall));
        _world.Touch(8, 5);
        _world.Touch(10, 6);
        World.Returns(Errno.EFAULT,
            faults.Move(World.At(0), World.At(8), World.Bytes(3), allowHoles: true, UserfaultFillFlags.None, out ulong done));
        Assert.Equal(4096ul, done);
        Assert.Equal((5, 6), (_world.Peek(0), _world.Peek(10)));
        Assert.False(_world.Mmu.TryRead(World.At(9), out byte _));    // the guard stays
        World.Succeeds(faults.Poison(World.At(1), 4096, UserfaultFillFlags.None, out _));
        World.Returns(Errno.EEXIST, faults.Move(World.At(1), World.At(10), 4096, allowHoles: false, UserfaultFillFlags.None, out _));
        Assert.Equal(6, _world.Peek(10));
    }

    /// <summary>UFFDIO_CONTINUE finds a page of shared memory that is on the device, and returns EIO if it cannot be read.</summary>
    [Fact]
    public void ASwappedPageOfSharedMemoryIsContinued()
    {
        FailingSwapStore store = new(new MemorySwapStore(1 << 20));
        World.Succeeds(_world.Engine.Swap.SwitchOn(store, out SwapDevice? device));
        GuestFile file = _world.CreateFile("shared", 3, first: 0x30);
        _world.MapFile(_world.Open(file), 0, 3, type: MapFlags.Shared);
        _world.MapFile(_world.Open(file), 8, 3, type: MapFlags.Shared);
        for (int page = 8; page < 11; page++) _world.Touch(page, (byte)(page * 2));
        World.Succeeds(_world.Memory.Advise(World.At(8), World.Bytes(3), MemoryAdvice.PageOut));
        Assert.Equal((3u, 3u), (device!.UsedSlotCount, file.SwappedPages.Value));
        using Userfaultfd faults = _world.Memory.Userfaultfds.Open(UserfaultFeatures.All & ~UserfaultFeatures.Signal);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(3), UserfaultModes.Minor | UserfaultModes.Missing));
        World.Returns(Errno.EEXIST, faults.Copy(World.At(0), new byte[4096], UserfaultFillFlags.None, out _));
        store.FailAtOperation = 1;
        World.Returns(Errno.EIO, faults.Continue(World.At(0), World.Bytes(3), UserfaultFillFlags.None, out ulong done));
        Assert.Equal(0ul, done);
        World.Succeeds(faults.Continue(World.At(0), World.Bytes(3), UserfaultFillFlags.None, out done));
        Assert.Equal(3 * 4096ul, done);
        for (int page = 0; page < 3; page++) Assert.Equal((page + 8) * 2, _world.Peek(page));
        Assert.Equal(3u, _world.Memory.Usage.Resident.Value);
    }

    private void AssertReportedTo(Userfaultfd faults, int page)
    {
        Assert.False(_world.Mmu.TryRead(World.At(page), out byte _, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.Pending, fault.Kind);
        Assert.True(faults.TryRead(out UserfaultMessage message));
        Assert.Equal(World.At(page), message.Address);
        World.Succeeds(faults.Wake(World.At(page), 4096));
    }
}
