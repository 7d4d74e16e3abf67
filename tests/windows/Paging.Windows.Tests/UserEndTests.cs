using Paging.Core;
using Paging.Native;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;

namespace Paging.Windows.Tests;

/// <summary>Every call at the end of the user's addresses: a range that ends there exactly, and one that is a granule longer.</summary>
public sealed class UserEndTests : IDisposable
{
    private const uint Granule = 0x1_0000;
    private static readonly VirtualAddress End = UserRange.Standard.End.Address;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 4 << 20 });
    private readonly WindowsMachine _machine;
    private readonly WindowsProcess _process;

    public UserEndTests()
    {
        _machine = WindowsMachine.Of(_engine);
        _process = _machine.CreateProcess("end");
    }

    public void Dispose()
    {
        Assert.True(_machine.Audit().IsClean, _machine.Audit().ToString());
        Assert.True(_engine.Audit().IsClean, _engine.Audit().ToString());
        _process.Dispose();
        _machine.Dispose();
        _engine.Dispose();
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void MemoryEndsThere(uint beyond, bool isGiven)
    {
        VirtualAddress at = new(End.Value - Granule);
        uint length = Granule + (beyond * Granule);
        NtStatus status = _process.Native.NtAllocateVirtualMemory(ref at, 0, ref length, AllocationTypes.Reserve | AllocationTypes.Commit,
            PageProtection.ReadWrite);
        Assert.Equal(isGiven, status == NtStatus.Success);
        Assert.Equal(isGiven, _process.Access.TryWrite(new VirtualAddress(End.Value - 4), 7u, out _));
        if (!isGiven) return;
        Assert.False(_process.Access.TryWrite(End, (byte)1, out _));
        length = 0x1000;
        at = new(End.Value - 0x1000);
        Assert.Equal(NtStatus.Success, _process.Native.NtProtectVirtualMemory(ref at, ref length, PageProtection.ReadOnly, out _));
        Assert.Equal(Win32Error.Success, _process.Memory.VirtualQuery(at, out MemoryBasicInformation last));
        Assert.Equal((PageProtection.ReadOnly, 1u), (last.Protection, last.Count.Value));
        Assert.Equal(NtStatus.Success, _process.Native.NtFreeVirtualMemory(ref at, ref length, AllocationTypes.Release));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void AViewEndsThere(uint beyond, bool isGiven)
    {
        Assert.Equal(Win32Error.Success, _process.Sections.CreateFileMapping(null, PageProtection.ReadWrite, SectionFlags.Commit,
            4 * Granule, name: null, out SectionHandle section));
        VirtualAddress at = new(End.Value - Granule);
        uint length = Granule + (beyond * Granule);
        NtStatus status = _process.Native.NtMapViewOfSection(section, ref at, 0, 0, 0, ref length, AllocationTypes.None,
            PageProtection.ReadWrite);
        Assert.Equal(isGiven ? NtStatus.Success : NtStatus.InvalidParameter4, status);
        Assert.Equal(isGiven, _process.Access.TryWrite(new VirtualAddress(End.Value - 4), 7u, out _));
    }

    /// <summary>Writes to runs of pages with gaps between, and resets of parts: GetWriteWatch has what a set of pages has.</summary>
    [Fact]
    public void WrittenPagesAreThoseOfASet()
    {
        const uint pages = 64;
        VirtualAddress start = default;
        uint byteLength = pages << 12;
        Assert.Equal(NtStatus.Success, _process.Native.NtAllocateVirtualMemory(ref start, 0, ref byteLength,
            AllocationTypes.Reserve | AllocationTypes.Commit | AllocationTypes.WriteWatch, PageProtection.ReadWrite));
        SortedSet<uint> model = [];
        Random random = new(5);
        PageNumber[] found = new PageNumber[pages];
        for (int step = 0; step < 2_000; step++)
        {
            uint first = (uint)random.Next((int)pages), count = (uint)random.Next(1, (int)(pages - first) + 1);
            VirtualAddress at = start + (first << 12);
            IEnumerable<uint> within = model.Where(page => page - first < count);
            switch (random.Next(8))
            {
                case 0:
                    Assert.Equal(Win32Error.Success, _process.Memory.ResetWriteWatch(at, count << 12));
                    model.RemoveWhere(page => page - first < count);
                    break;
                case 1:
                    int room = random.Next(1, (int)pages + 1);
                    uint[] expected = [.. within.Take(room)];
                    bool resets = random.Next(2) == 0;
                    Assert.Equal(Win32Error.Success,
                        _process.Memory.GetWriteWatch(at, count << 12, resets, found.AsSpan(0, room), out int got));
                    Assert.Equal(expected, found[..got].Select(page => page.Value - start.Page.Value));
                    if (resets) model.ExceptWith(expected);
                    break;
                default:
                    Assert.True(_process.Access.TryWrite(at + (uint)random.Next(4092), step, out _));
                    model.Add(first);
                    break;
            }
        }
    }
}
