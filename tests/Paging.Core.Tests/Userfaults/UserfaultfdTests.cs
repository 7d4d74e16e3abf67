using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>userfaultfd on anonymous and shared memory: the accesses that wait, the calls that fill pages, and their errors.</summary>
public sealed class UserfaultfdTests : IDisposable
{
    private const UserfaultFillFlags Wake = UserfaultFillFlags.None;

    private readonly World _world = new();
    private readonly Userfaultfd _faults;

    public UserfaultfdTests() => _faults = _world.Memory.Userfaultfds.Open(UserfaultFeatures.All & ~UserfaultFeatures.Signal
        & ~UserfaultFeatures.ProtectSilently);

    public void Dispose()
    {
        _world.Verify();
        _faults.Dispose();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AMissingPageIsReportedOnceAndThenFilled(bool isShared)
    {
        Map(4, isShared);
        Register(0, 4, UserfaultModes.Missing);
        Assert.Equal(MemoryFaultKind.Pending, KindAt(1));
        Assert.Equal(MemoryFaultKind.Pending, KindAt(1));
        Assert.True(_faults.TryRead(out UserfaultMessage message));
        Assert.Equal((UserfaultMessageKind.PageFault, World.At(1), false, false),
            (message.Kind, message.Address, message.IsWrite, message.IsMinor));
        Assert.False(_faults.TryRead(out _));
        Assert.Equal(1, _faults.WaitingCount);

        World.Succeeds(_faults.Copy(World.At(1), Page(7), Wake, out ulong done));
        Assert.Equal(4096ul, done);
        Assert.Equal(0, _faults.WaitingCount);
        Assert.Equal(7, _world.Peek(1, 4095));
        Assert.True(_world.Mmu.TryWrite(World.At(1), (byte)9));
        Assert.Equal(Errno.EEXIST, _faults.Copy(World.At(1), Page(8), Wake, out done));
        Assert.Equal(0ul, done);
        Assert.Equal(9, _world.Peek(1));
        World.Succeeds(_faults.ZeroPage(World.At(2), 4096, Wake, out _));
        Assert.Equal(0, _world.Peek(2));
        Assert.True(_world.Mmu.TryWrite(World.At(2), (byte)1));
    }

    [Fact]
    public void ARangeStopsAtThePageThatIsThere()
    {
        Map(4, isShared: false);
        Register(0, 4, UserfaultModes.Missing);
        World.Succeeds(_faults.Copy(World.At(2), Page(7), Wake, out _));
        Assert.Equal(Errno.EEXIST, _faults.Copy(World.At(0), new byte[3 * 4096], Wake, out ulong done));
        Assert.Equal(2ul * 4096, done);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AProtectedPageReportsItsNextWriteAndOnlyThat(bool isShared)
    {
        Map(4, isShared);
        Write(0, 5);
        Register(0, 4, UserfaultModes.WriteProtect);
        World.Succeeds(_faults.WriteProtect(World.At(0), 4096 * 4, protect: true));
        Assert.True(_world.Memory.ReadPagemap(World.At(0).Page).IsWriteProtected);
        Assert.Equal(5, _world.Peek(0));
        Assert.False(_world.Mmu.TryWrite(World.At(0), (byte)6, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.Pending, fault.Kind);
        Assert.True(_faults.TryRead(out UserfaultMessage message));
        Assert.True(message is { IsWrite: true, IsProtected: true });
        World.Succeeds(_faults.WriteProtect(World.At(0), 4096, protect: false));
        Write(0, 6);
        Assert.False(_world.Memory.ReadPagemap(World.At(0).Page).IsWriteProtected);

        // A page that was not there when it was protected: the features cover it.
        Assert.Equal(0, _world.Peek(3));
        Assert.False(_world.Mmu.TryWrite(World.At(3), (byte)6, out fault));
        Assert.Equal(MemoryFaultKind.Pending, fault.Kind);
        World.Succeeds(_faults.WriteProtect(World.At(3), 4096, protect: false));
        Write(3, 1);
    }

    [Fact]
    public void AWriteToAPageThatWasProtectedBeforeItExistedIsReported()
    {
        Map(2, isShared: true);
        Register(0, 2, UserfaultModes.WriteProtect);
        World.Succeeds(_faults.WriteProtect(World.At(0), 4096, protect: true));
        Assert.False(_world.Mmu.TryWrite(World.At(0), (byte)6, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.Pending, fault.Kind);
        Assert.True(_faults.TryRead(out UserfaultMessage message));
        Assert.True(message.IsProtected);
    }

    [Fact]
    public void ACachedPageOfSharedMemoryIsAMinorFaultUntilItIsContinued()
    {
        GuestFile file = _world.CreateFile("shared", 2, first: 0x20);
        int descriptor = _world.Open(file);
        _world.MapFile(descriptor, 0, 2, type: MapFlags.Shared);
        Register(0, 2, UserfaultModes.Minor);
        Assert.Equal(MemoryFaultKind.Pending, KindAt(1));
        Assert.True(_faults.TryRead(out UserfaultMessage message));
        Assert.True(message.IsMinor);
        Assert.Equal(Errno.EINVAL, _faults.Continue(World.At(1), 4096, UserfaultFillFlags.WriteProtect, out _));
        World.Succeeds(_faults.Continue(World.At(1), 4096, Wake, out _));
        Assert.Equal(0x21, _world.Peek(1));
        Assert.Equal(Errno.EEXIST, _faults.Continue(World.At(1), 4096, Wake, out _));
    }

    [Fact]
    public void APoisonedPageIsABusErrorUntilItIsUnmapped()
    {
        Map(2, isShared: false);
        Register(0, 2, UserfaultModes.Missing);
        World.Succeeds(_faults.Poison(World.At(0), 4096, Wake, out _));
        Assert.Equal(MemoryFaultKind.BusError, KindAt(0));
        Assert.Equal(Errno.EEXIST, _faults.Poison(World.At(0), 4096, Wake, out _));
        World.Succeeds(_faults.Copy(World.At(0), Page(3), Wake, out _));
        Assert.Equal(3, _world.Peek(0));
    }

    [Fact]
    public void APageMovesIntoPlaceWithoutACopy()
    {
        Map(4, isShared: false);
        _world.Map(8, 4);
        Write(8, 77);
        FrameNumber frame = _world.Memory.Space.Tables.Read(World.At(8).Page).Frame;
        Register(0, 4, UserfaultModes.Missing);
        World.Succeeds(_faults.Move(World.At(1), World.At(8), 4096, allowHoles: false, Wake, out _));
        Assert.Equal(frame, _world.Memory.Space.Tables.Read(World.At(1).Page).Frame);
        Assert.Equal(77, _world.Peek(1));
        Assert.Equal(0, _world.Peek(8));
        Assert.Equal(Errno.ENOENT, _faults.Move(World.At(2), World.At(9), 4096, allowHoles: false, Wake, out _));
        World.Succeeds(_faults.Move(World.At(2), World.At(9), 4096, allowHoles: true, Wake, out ulong done));
        Assert.Equal(4096ul, done);
    }

    [Fact]
    public void ChangesOfMappingsAreReadBeforePagesCanBeFilled()
    {
        Map(8, isShared: false);
        Register(0, 8, UserfaultModes.Missing);
        World.Succeeds(_faults.ZeroPage(World.At(0), 4096, Wake, out _));
        World.Succeeds(_world.Memory.Advise(World.At(0), 4096, MemoryAdvice.DontNeed));
        Assert.Equal(Errno.EAGAIN, _faults.ZeroPage(World.At(0), 4096, Wake, out _));
        AssertMessage(UserfaultMessageKind.Remove, 0, 1);
        World.Succeeds(_faults.ZeroPage(World.At(0), 4096, Wake, out _));

        World.Succeeds(_world.Memory.Remap(World.At(0), 4096, 4096, RemapFlags.MayMove | RemapFlags.Fixed, World.At(20), out _));
        UserfaultMessage moved = AssertMessage(UserfaultMessageKind.Remap, 0, 1);
        Assert.Equal(World.At(20), moved.To);
        AssertMessage(UserfaultMessageKind.Unmap, 0, 1);
        World.Succeeds(_world.Memory.Unmap(World.At(2), 4096 * 2));
        AssertMessage(UserfaultMessageKind.Unmap, 2, 2);
        Assert.False(_faults.TryRead(out _));
    }

    [Fact]
    public void AForkedChildHasAUserfaultfdOfItsOwnAndKeepsItsProtection()
    {
        Map(2, isShared: false);
        Write(0, 5);
        Register(0, 2, UserfaultModes.Missing | UserfaultModes.WriteProtect);
        World.Succeeds(_faults.WriteProtect(World.At(0), 4096, protect: true));
        using UserProcess child = _world.First.Fork();
        UserfaultMessage message = AssertMessage(UserfaultMessageKind.Fork, 0, 0, anyAddress: true);
        Assert.False(child.Memory.Mmu.TryWrite(World.At(0), (byte)6, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.Pending, fault.Kind);
        Assert.Equal(1, message.Child!.WaitingCount);
        Assert.Equal(0, _faults.WaitingCount);
        World.Succeeds(message.Child.WriteProtect(World.At(0), 4096, protect: false));
        Assert.True(child.Memory.Mmu.TryWrite(World.At(0), (byte)6));
        Assert.Equal(5, _world.Peek(0));
        Assert.False(child.Memory.Mmu.TryRead(World.At(1), out byte _, out fault));
        Assert.Equal(MemoryFaultKind.Pending, fault.Kind);
        message.Child.Dispose();
        Assert.True(child.Memory.Mmu.TryRead(World.At(1), out byte _));
        _world.Verify();
    }

    /// <summary>The child has a copy of a pinned page at once. Linux: copy_present_page, pte_mkuffd_wp.</summary>
    [Fact]
    public void AForkedChildsCopyOfAPinnedPageKeepsItsProtection()
    {
        Map(1, isShared: false);
        Write(0, 5);
        Register(0, 1, UserfaultModes.WriteProtect);
        using PinnedMemory pin = _world.First.Pin(World.At(0), 4096, AccessKind.Read);
        World.Succeeds(_faults.WriteProtect(World.At(0), 4096, protect: true));
        using UserProcess child = _world.First.Fork();
        using Userfaultfd inherited = AssertMessage(UserfaultMessageKind.Fork, 0, 0, anyAddress: true).Child!;
        _world.Verify();
        Assert.True(child.Memory.ReadPagemap(World.At(0).Page).IsWriteProtected);
        Assert.False(child.Memory.Mmu.TryWrite(World.At(0), (byte)6, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.Pending, fault.Kind);
    }

    [Fact]
    public void ProtectionSurvivesSwap()
    {
        using PressureWorld world = new();
        PressureWorld.Modelled process = world.Start(8);
        process.Write(3, 8, 42);
        AddressSpace memory = process.Process.Memory;
        using Userfaultfd faults = memory.Userfaultfds.Open(UserfaultFeatures.WriteProtection);
        World.Succeeds(faults.Register(PressureWorld.At(0), 8 * 4096, UserfaultModes.WriteProtect));
        World.Succeeds(faults.WriteProtect(PressureWorld.At(3), 4096, protect: true));
        World.Succeeds(memory.Advise(PressureWorld.At(0), 8 * 4096, MemoryAdvice.PageOut));
        Assert.True(memory.ReadPagemap(PressureWorld.At(3).Page) is { IsSwapped: true, IsWriteProtected: true });
        world.Verify();
        Assert.False(memory.Mmu.TryWrite(PressureWorld.At(3), (byte)1, out MemoryFault fault));
        Assert.Equal(MemoryFaultKind.Pending, fault.Kind);
        Assert.True(memory.ReadPagemap(PressureWorld.At(3).Page) is { IsPresent: true, IsWriteProtected: true });
        world.Verify();
        World.Succeeds(faults.WriteProtect(PressureWorld.At(3), 4096, protect: false));
        process.Write(3, 0, 1);
        world.VerifyBytes();
    }

    [Fact]
    public void ASilentProtectionGoesWithTheWrite()
    {
        Map(2, isShared: false);
        using Userfaultfd silent = _world.Memory.Userfaultfds.Open(UserfaultFeatures.ProtectSilently);
        World.Succeeds(silent.Register(World.At(0), 8192, UserfaultModes.WriteProtect));
        World.Succeeds(silent.WriteProtect(World.At(0), 8192, protect: true));
        Assert.True(_world.Memory.ReadPagemap(World.At(1).Page).IsWriteProtected);
        Write(1, 3);
        Assert.False(_world.Memory.ReadPagemap(World.At(1).Page).IsWriteProtected);
        Assert.Equal(0, silent.WaitingCount);
    }

    [Fact]
    public void RegistrationIsRefusedAsLinuxRefusesIt()
    {
        Map(4, isShared: false);
        using Userfaultfd other = _world.Memory.Userfaultfds.Open();
        Assert.Equal(Errno.EINVAL, _faults.Register(World.At(0), 4096, UserfaultModes.None));
        Assert.Equal(Errno.EINVAL, _faults.Register(World.At(0), 4096, UserfaultModes.Minor));
        Assert.Equal(Errno.EINVAL, _faults.Register(World.At(100), 4096, UserfaultModes.Missing));
        Assert.Equal(Errno.EINVAL, _faults.Register(World.At(0, 1), 4096, UserfaultModes.Missing));
        Assert.Equal(Errno.EINVAL, _faults.Register(World.At(0), 0, UserfaultModes.Missing));
        Register(1, 2, UserfaultModes.Missing);
        Assert.Equal(3, _world.Memory.Areas.Count);
        Assert.Equal(Errno.EBUSY, other.Register(World.At(0), 4 * 4096, UserfaultModes.Missing));
        Assert.Equal(Errno.ENOENT, _faults.WriteProtect(World.At(1), 4096, protect: true));
        Assert.Equal(Errno.ENOENT, _faults.ZeroPage(World.At(0), 8192, Wake, out _));
        Assert.Equal(Errno.EINVAL, _faults.Copy(World.At(1), Page(1), UserfaultFillFlags.WriteProtect, out _));
        World.Succeeds(_faults.Unregister(World.At(0), 4 * 4096));
        Assert.Equal(2, _world.Memory.Areas.Count);    // the refused calls have given page 0 and page 1 a history each: uffd_lock_vma
    }

    /// <summary>Linux: find_vma_and_prepare_anon. A child inherits the page of zeros only from an area with a history.</summary>
    [Theory]
    [InlineData("copy"), InlineData("zeropage"), InlineData("continue"), InlineData("poison"), InlineData("move")]
    public void ARefusedFillGivesAPrivateAreaAHistory(string request)
    {
        Map(4, isShared: false);
        Assert.Equal(0, _world.Peek(0));
        Assert.Equal(request is "move" ? Errno.EINVAL : Errno.ENOENT, request switch
        {
            "copy" => _faults.Copy(World.At(1), Page(1), Wake, out _),
            "zeropage" => _faults.ZeroPage(World.At(1), 4096, Wake, out _),
            "continue" => _faults.Continue(World.At(1), 4096, Wake, out _),
            "poison" => _faults.Poison(World.At(1), 4096, Wake, out _),
            _ => _faults.Move(World.At(1), World.At(2), 4096, allowHoles: false, Wake, out _),
        });
        UserProcess child = _world.First.Fork();
        Assert.True(child.Memory.ReadPagemap(World.At(0).Page).IsPresent);
    }

    [Fact]
    public void APoisonedPageLooksSwappedInPagemap()
    {
        Map(4, isShared: false);
        Register(0, 4, UserfaultModes.Missing);
        World.Succeeds(_faults.Poison(World.At(1), 4096, Wake, out _));
        Assert.Equal([false, true, false], Enumerable.Range(0, 3).Select(page => _world.Memory.ReadPagemap(World.At(page).Page).IsSwapped));
    }

    [Fact]
    public void ClosingItResolvesEverythingAsBefore()
    {
        Map(4, isShared: false);
        Write(0, 5);
        Userfaultfd faults = _world.Memory.Userfaultfds.Open(UserfaultFeatures.WriteProtection);
        World.Succeeds(faults.Register(World.At(0), 4 * 4096, UserfaultModes.Missing | UserfaultModes.WriteProtect));
        World.Succeeds(faults.WriteProtect(World.At(0), 4096, protect: true));
        Assert.Equal(MemoryFaultKind.Pending, KindAt(2));
        faults.Dispose();
        Write(0, 6);
        Assert.Equal(0, _world.Peek(2));
        Assert.Throws<ObjectDisposedException>(() => faults.Wake(World.At(0), 4096));
    }

    [Fact]
    public void AfterARestoreAnAreaReportsOnlyIfItsUserfaultfdIsOpen()
    {
        Map(4, isShared: false);
        Userfaultfd faults = _world.Memory.Userfaultfds.Open(UserfaultFeatures.WriteProtection);
        Write(0, 5);
        World.Succeeds(faults.Register(World.At(0), 4 * 4096, UserfaultModes.Missing | UserfaultModes.WriteProtect));
        World.Succeeds(faults.WriteProtect(World.At(0), 4096, protect: true));
        using Snapshot snapshot = _world.First.TakeSnapshot();
        World.Succeeds(faults.WriteProtect(World.At(0), 4096, protect: false));
        Write(0, 6);
        World.Succeeds(snapshot.Restore());
        _world.Verify();
        Assert.Equal(5, _world.Peek(0));
        Assert.False(_world.Mmu.TryWrite(World.At(0), (byte)9));
        Assert.Equal(1, faults.WaitingCount);
        faults.Dispose();
        World.Succeeds(snapshot.Restore());
        _world.Verify();
        Write(0, 7);
        Assert.Equal(0, _world.Peek(2));
    }

    private static byte[] Page(byte value)
    {
        byte[] bytes = new byte[4096];
        Array.Fill(bytes, value);
        return bytes;
    }

    private void Map(int pageCount, bool isShared)
    {
        if (isShared) _world.MapShared(0, pageCount);
        else _world.Map(0, pageCount);
    }

    private void Register(int page, int pageCount, UserfaultModes modes) =>
        World.Succeeds(_faults.Register(World.At(page), World.Bytes(pageCount), modes));

    private void Write(int page, byte value) => _world.Mmu.Write(World.At(page), value);

    private MemoryFaultKind KindAt(int page) =>
        _world.Mmu.TryRead(World.At(page), out byte _, out MemoryFault fault) ? default : fault.Kind;

    private UserfaultMessage AssertMessage(UserfaultMessageKind kind, int page, int pageCount, bool anyAddress = false)
    {
        Assert.True(_faults.TryRead(out UserfaultMessage message));
        Assert.Equal(kind, message.Kind);
        if (!anyAddress) Assert.Equal(World.At(page), message.Address);
        Assert.Equal(World.Bytes(pageCount), message.ByteLength);
        return message;
    }
}
