using Paging.Core.Swap;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Which ranges a userfaultfd takes: each error, and that nothing has changed after it.</summary>
/// <remarks>Linux: fs/userfaultfd.c userfaultfd_register, validate_range; mm/userfaultfd.c mfill_atomic, move_pages.</remarks>
public sealed class UserfaultErrorTests : IDisposable
{
    private const UserfaultFillFlags Plain = UserfaultFillFlags.None;

    private readonly World _world = new();
    private readonly Userfaultfd _faults;
    private readonly GuestFile _shared;

    /// <summary>
    /// Private memory at pages 0 to 7, of which 2 to 5 are registered; shared memory of six pages at 10 to 17; a file on a disk at 20 to
    /// 23.
    /// </summary>
    public UserfaultErrorTests()
    {
        _faults = _world.Memory.Userfaultfds.Open(
            UserfaultFeatures.All & ~(UserfaultFeatures.Signal | UserfaultFeatures.ProtectSilently | UserfaultFeatures.Fork));
        _shared = _world.CreateFile("shared", 6);
        _world.Map(0, 8);
        _world.MapFile(_world.Open(_shared), 10, 8, type: MapFlags.Shared);
        _world.MapFile(_world.Open(_world.CreateBacked(new(4 * 4096))), 20, 4, type: MapFlags.Shared);
        World.Succeeds(_faults.Register(World.At(2), World.Bytes(4), UserfaultModes.Missing));
    }

    public void Dispose()
    {
        _world.Verify();
        _faults.Dispose();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    [Theory]
    [InlineData(0, 8, UserfaultModes.Missing, Errno.None)]
    [InlineData(0, 8, UserfaultModes.None, Errno.EINVAL)]
    [InlineData(0, 8, (UserfaultModes)8, Errno.EINVAL)]
    [InlineData(0, 8, UserfaultModes.Minor, Errno.EINVAL)]      // private memory has no cache
    [InlineData(10, 8, UserfaultModes.Minor, Errno.None)]
    [InlineData(8, 2, UserfaultModes.Missing, Errno.EINVAL)]    // nothing there
    [InlineData(8, 3, UserfaultModes.Missing, Errno.None)]      // holes before an area are passed over
    [InlineData(20, 4, UserfaultModes.Missing, Errno.EINVAL)]   // a file on a disk
    [InlineData(20, 4, UserfaultModes.WriteProtect, Errno.EINVAL)]
    [InlineData(16, 5, UserfaultModes.Missing, Errno.EINVAL)]   // one of two areas
    [InlineData(0, 0, UserfaultModes.Missing, Errno.EINVAL)]
    public void Registering(int page, int count, UserfaultModes modes, Errno expected)
    {
        string before = Reports();
        Assert.Equal(expected, _faults.Register(World.At(page), World.Bytes(count), modes));
        if (expected != Errno.None) Assert.Equal(before, Reports());
        else Assert.NotEqual(before, Reports(), StringComparer.Ordinal);
    }

    [Fact]
    public void ReadOnlyMemoryAndAnothersRegistrationAreRefused()
    {
        int readOnly = _world.Open(_world.CreateFile("ro", 2), FileRights.Read);
        _world.MapFile(readOnly, 30, 2, type: MapFlags.Shared, protection: MemoryProtection.Read);
        Assert.Equal(Errno.EPERM, _faults.Register(World.At(30), 8192, UserfaultModes.Missing));
        using Userfaultfd other = _world.Memory.Userfaultfds.Open(UserfaultFeatures.All & ~UserfaultFeatures.Signal);
        Assert.Equal(Errno.EBUSY, other.Register(World.At(0), World.Bytes(3), UserfaultModes.Missing));
        World.Succeeds(other.Register(World.At(0), World.Bytes(2), UserfaultModes.Missing));
        World.Succeeds(other.Unregister(World.At(0), World.Bytes(8)));    // of whichever it is
        World.Succeeds(other.Register(World.At(0), World.Bytes(8), UserfaultModes.Missing));
    }

    [Theory]
    [InlineData(0, 8, Errno.None)]
    [InlineData(3, 1, Errno.None)]
    [InlineData(8, 2, Errno.EINVAL)]    // nothing there
    [InlineData(18, 3, Errno.EINVAL)]   // a file on a disk
    [InlineData(5, 6, Errno.None)]      // with a hole, into memory that is not registered
    public void Unregistering(int page, int count, Errno expected)
    {
        Assert.Equal(expected, _faults.Unregister(World.At(page), World.Bytes(count)));
        for (int at = 2; at < 6; at++)
        {
            bool isGone = expected == Errno.None && at >= page && at < page + count;
            Assert.Equal(isGone ? MemoryFaultKind.None : MemoryFaultKind.Pending, KindAt(at));
        }
    }

    [Theory]
    [InlineData(2, 1, Errno.None)]
    [InlineData(2, 4, Errno.None)]
    [InlineData(5, 1, Errno.None)]
    [InlineData(1, 2, Errno.ENOENT)]    // the first page is not registered
    [InlineData(0, 1, Errno.ENOENT)]
    [InlineData(5, 2, Errno.ENOENT)]    // beyond the registered area
    [InlineData(8, 1, Errno.ENOENT)]    // nothing there
    [InlineData(2, 0, Errno.EINVAL)]
    public void Filling(int page, int count, Errno expected)
    {
        byte[] bytes = new byte[count * 4096];
        bytes.AsSpan().Fill(0x5A);
        Assert.Equal(expected, _faults.Copy(World.At(page), bytes, Plain, out ulong done));
        Assert.Equal(expected == Errno.None ? (ulong)bytes.Length : 0, done);
        for (int at = 2; at < 6; at++)
        {
            bool isThere = expected == Errno.None && at >= page && at < page + count;
            Assert.Equal(isThere ? MemoryFaultKind.None : MemoryFaultKind.Pending, KindAt(at));
            if (isThere) Assert.Equal(0x5A, _world.Peek(at, 4095));
        }
    }

    /// <summary>Six pages are cached, and the mapping has eight.</summary>
    [Theory]
    [InlineData(10, 1, Errno.None, 1)]
    [InlineData(15, 1, Errno.None, 1)]
    [InlineData(15, 2, Errno.EINVAL, 1)]    // beyond the object's end
    [InlineData(16, 1, Errno.EINVAL, 0)]
    [InlineData(14, 4, Errno.EINVAL, 2)]
    public void ContinuingUpToTheEndOfTheObject(int page, int count, Errno expected, int doneCount)
    {
        World.Succeeds(_faults.Register(World.At(10), World.Bytes(8), UserfaultModes.Minor));
        Assert.Equal(expected, _faults.Continue(World.At(page), World.Bytes(count), Plain, out ulong done));
        Assert.Equal((ulong)doneCount * 4096, done);
        for (int at = page; at < page + doneCount; at++) Assert.Equal((byte)(0x10 + at - 10), _world.Peek(at));
        Assert.Equal((uint)doneCount, _world.Memory.Usage.Resident.Value);
    }

    /// <summary>A page of the object that is not cached cannot be continued, and a copy beyond the end has no place.</summary>
    [Fact]
    public void AnUncachedPageIsNotContinued()
    {
        World.Succeeds(_shared.SetLength(8 * 4096));
        World.Succeeds(_faults.Register(World.At(10), World.Bytes(8), UserfaultModes.Minor | UserfaultModes.Missing));
        Assert.Equal(Errno.EFAULT, _faults.Continue(World.At(16), 4096, Plain, out _));
        Assert.Equal(Errno.EEXIST, _faults.Copy(World.At(15), new byte[4096], Plain, out _));    // it is cached
        World.Succeeds(_faults.Copy(World.At(16), new byte[4096], Plain, out _));
        World.Succeeds(_shared.SetLength(7 * 4096));
        Assert.Equal(Errno.EFAULT, _faults.Copy(World.At(17), new byte[4096], Plain, out _));
        Assert.Equal(Errno.EFAULT, _faults.Poison(World.At(17), 4096, Plain, out _));
        Assert.Equal(MemoryFaultKind.BusError, KindAt(17));
    }

    /// <summary>Pages 30 to 33 have the same rights; 40 to 43 may not be written, 50 to 53 are locked, 60 is a child's as well.</summary>
    [Theory]
    [InlineData(2, 30, 1, Errno.None)]
    [InlineData(2, 30, 4, Errno.None)]
    [InlineData(3, 30, 4, Errno.EINVAL)]    // beyond the registered area
    [InlineData(2, 31, 4, Errno.EINVAL)]    // beyond the source
    [InlineData(0, 30, 1, Errno.EINVAL)]    // not registered
    [InlineData(8, 30, 1, Errno.ENOENT)]
    [InlineData(2, 35, 1, Errno.ENOENT)]
    [InlineData(2, 40, 1, Errno.EINVAL)]
    [InlineData(2, 50, 1, Errno.EINVAL)]
    [InlineData(2, 10, 1, Errno.EINVAL)]    // shared
    [InlineData(2, 60, 1, Errno.EBUSY)]
    public void Moving(int to, int from, int count, Errno expected)
    {
        _world.Map(60, 1);
        _world.Touch(60);
        using UserProcess child = _world.First.Fork();
        _world.Map(30, 4);
        _world.Map(40, 4, MemoryProtection.Read);
        _world.Map(50, 4, more: MapFlags.Locked);
        for (int page = 30; page < 34; page++) _world.Touch(page, (byte)page);
        Assert.Equal(expected, _faults.Move(World.At(to), World.At(from), World.Bytes(count), allowHoles: false, Plain, out ulong done));
        Assert.Equal(expected == Errno.None ? World.Bytes(count) : 0, done);
        for (int i = 0; i < (int)(done / 4096); i++)
        {
            Assert.Equal((byte)(from + i), _world.Peek(to + i));
            Assert.Equal(0, _world.Peek(from + i));
        }
    }

    /// <summary>A swapped page moves with its slot, which stays its only copy; one with a child as well does not.</summary>
    [Theory]
    [InlineData(false, Errno.None)]
    [InlineData(true, Errno.EBUSY)]
    public void SwappedPagesMove(bool isShared, Errno expected)
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new Swap.MemorySwapStore(1 << 20), out _));
        _world.Map(30, 2);
        _world.Touch(30, 0x77);
        World.Succeeds(_world.Memory.Advise(World.At(30), 4096, MemoryAdvice.PageOut));
        UserProcess? child = isShared ? _world.First.Fork() : null;
        Assert.Equal(expected, _faults.Move(World.At(3), World.At(30), 4096, allowHoles: false, Plain, out _));
        int at = expected == Errno.None ? 3 : 30;
        Assert.Equal(1, _world.Memory.Space.Statistics.Swapped);
        Assert.Equal(0x77, _world.Peek(at));
        Assert.Equal(0, _world.Memory.Space.Statistics.Swapped);
        child?.Dispose();
    }

    private MemoryFaultKind KindAt(int page)
    {
        _world.Mmu.TryRead(World.At(page), out byte _, out MemoryFault fault);
        return fault.Kind;
    }

    private string Reports() => string.Join(
        ' ', _world.Memory.Areas.Snapshot().Select(static area => $"{area.Range.First.Value:x}+{area.Range.Count.Value}:{area.Flags}"));
}
