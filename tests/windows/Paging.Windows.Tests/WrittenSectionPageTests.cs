using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Windows.Sections;

namespace Paging.Windows.Tests;

/// <summary>
/// A page of a section that was read first is written without a fault: only its entry's dirty bit shows the write. The bytes survive the
/// entry, however it is removed, and then pressure.
/// </summary>
public sealed class WrittenSectionPageTests : IDisposable
{
    private const uint Pattern = 0x5A5A_1234;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 2 << 20 });
    private readonly WindowsMachine _machine;
    private readonly WindowsProcess _writer, _reader;
    private readonly VirtualAddress _written, _read;

    public WrittenSectionPageTests()
    {
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(8 << 20), out _));
        _machine = WindowsMachine.Of(_engine);
        _writer = _machine.CreateProcess("writer");
        _reader = _machine.CreateProcess("reader");
        Succeeds(_writer.Sections.CreateFileMapping(
            null, PageProtection.ReadWrite, SectionFlags.Commit, 0x2000, null, out SectionHandle handle));
        Succeeds(_writer.Sections.MapViewOfFileEx(handle, SectionAccess.MapWrite, 0, 0, default, out _written));
        Succeeds(_writer.Sections.DuplicateHandle(handle, _reader, null, out SectionHandle other));
        Succeeds(_reader.Sections.MapViewOfFileEx(other, SectionAccess.MapRead, 0, 0, default, out _read));
        Assert.True(_writer.Access.TryRead(_written, out uint zero, out _));
        Assert.Equal(0u, zero);
        Assert.True(_writer.Access.TryWrite(_written, Pattern, out _));
        AssertClean();
    }

    public void Dispose()
    {
        AssertClean();
        _machine.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public void AfterItsViewWasUnmapped()
    {
        Succeeds(_writer.Sections.UnmapViewOfFile(_written));
        KeepsItsBytes();
    }

    [Fact]
    public void AfterItsProcessEnded()
    {
        _writer.Dispose();
        KeepsItsBytes();
    }

    [Fact]
    public void AfterItLeftTheWorkingSet()
    {
        _writer.WorkingSet.Empty();
        KeepsItsBytes();
    }

    [Fact]
    public void AfterItsPageWasCopiedUnderWriteCopy()
    {
        Succeeds(_writer.Memory.VirtualProtect(_written, 0x1000, PageProtection.WriteCopy, out _));
        Assert.True(_writer.Access.TryWrite(_written, 1u, out _));
        KeepsItsBytes();
        Assert.True(_writer.Access.TryRead(_written, out uint own, out _));
        Assert.Equal(1u, own);
    }

    private static void Succeeds(Win32Error error) => Assert.Equal(Win32Error.Success, error);

    private void KeepsItsBytes()
    {
        AssertClean();
        using UserProcess hog = _engine.CreateProcess("hog");
        const uint pages = 800;    // of 512 frames
        Assert.Equal(Errno.None, hog.Memory.Map(default, pages << 12, MemoryProtection.Read | MemoryProtection.Write,
            MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at));
        for (uint round = 0; round < 3; round++)
            for (uint i = 0; i < pages; i++) hog.Memory.Mmu.Write(at + (i << 12), i);
        Assert.True(_reader.Access.TryRead(_read, out uint word, out _));
        Assert.Equal(Pattern, word);
    }

    private void AssertClean()
    {
        Assert.Equal("", string.Join("; ", _engine.Audit().Findings));
        Assert.True(_machine.Audit().IsClean);
    }
}
