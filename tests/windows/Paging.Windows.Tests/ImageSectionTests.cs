using System.Buffers.Binary;
using Paging.Core;
using Paging.Native;
using Paging.Windows.Sections;

namespace Paging.Windows.Tests;

/// <summary>Image sections: pages composed of a file's parts, a protection for each section, copies where they are written.</summary>
public sealed class ImageSectionTests : IDisposable
{
    private const uint Base = 0x40_0000, Code = 0x1000, Data = 0x2000;

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 4 << 20 });
    private readonly WindowsMachine _machine;
    private readonly GuestFile _file;
    private readonly WindowsProcess _process;

    public ImageSectionTests()
    {
        _machine = WindowsMachine.Of(_engine);
        _process = _machine.CreateProcess("image");
        _file = NewFile(TinyImage());
    }

    public void Dispose()
    {
        AssertClean();
        _process.Dispose();
        AssertClean();
        _file.Dispose();
        _machine.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public void AViewLiesAtItsBaseAndHasTheProtectionsOfItsSections()
    {
        VirtualAddress at = Map(_process, NtStatus.Success);
        Assert.Equal(Base, at.Value);
        Assert.Equal((PageProtection.ReadOnly, 1u), Query(at));
        Assert.Equal((PageProtection.ExecuteRead, 1u), Query(at + Code));
        Assert.Equal((PageProtection.WriteCopy, 2u), Query(at + Data));
        Assert.True(_process.Access.TryRead(at, out ushort magic, out _));
        Assert.Equal(0x5A4D, magic);
        Assert.True(_process.Access.TryFetch(at + Code, out byte instruction, out _));
        Assert.Equal(0xC3, instruction);
        Assert.True(_process.Access.TryRead(at + Data + 0x1000, out uint zero, out _));    // the file does not have it
        Assert.Equal(0u, zero);
        Assert.Equal(2L, _process.TakeRecord().CommitCharge);    // for copies of the data
        Assert.False(_process.Access.TryWrite(at + Code, 1, out MemoryException exception));
        Assert.Equal(NtStatus.AccessViolation, exception.Code);
    }

    [Fact]
    public void AWriteIsTheProcesssOwnAndTheOthersShareTheFrames()
    {
        VirtualAddress at = Map(_process, NtStatus.Success);
        using WindowsProcess other = _machine.CreateProcess("other");
        VirtualAddress there = Map(other, NtStatus.Success);
        Assert.True(_process.Access.TryWrite(at + Data, 99, out _));
        Assert.Equal((PageProtection.ReadWrite, 1u), Query(at + Data));
        Assert.True(other.Access.TryRead(there + Data, out int value, out _));
        Assert.Equal(7, value);
        Assert.True(_process.Access.TryRead(at + Code, out byte _, out _));
        FrameCount free = _engine.Frames.CountOf(FrameState.PageCache);
        Assert.True(other.Access.TryRead(there + Code, out byte _, out _));
        Assert.Equal(free, _engine.Frames.CountOf(FrameState.PageCache));    // the frame was there
        Assert.Equal(2, _machine.Sections.Count());    // of one set of pages
        Assert.Equal(_machine.Sections.First().CachedPages, _machine.Sections.Last().CachedPages);
    }

    [Fact]
    public void ATakenBaseIsASuccessWithAStatusOfItsOwn()
    {
        Map(_process, NtStatus.Success);
        VirtualAddress second = Map(_process, NtStatus.ImageNotAtBase);
        Assert.NotEqual(Base, second.Value);
        Assert.True(_process.Access.TryRead(second + Data, out int value, out _));
        Assert.Equal(7, value);
        Assert.Equal(Win32Error.Success, _process.Sections.UnmapViewOfFile(second + Data));
    }

    [Fact]
    public void ProtectingToWriteMeansToCopy()
    {
        VirtualAddress at = Map(_process, NtStatus.Success);
        VirtualMemory memory = _process.Memory;
        Assert.Equal(Win32Error.Success, memory.VirtualProtect(at + Code, 1, PageProtection.ExecuteReadWrite, out PageProtection old));
        Assert.Equal(PageProtection.ExecuteRead, old);
        Assert.Equal((PageProtection.ExecuteWriteCopy, 1u), Query(at + Code));
        Assert.True(_process.Access.TryWrite(at + Code, (byte)0x90, out _));
        Assert.Equal((PageProtection.ExecuteReadWrite, 1u), Query(at + Code));
        Assert.Equal(Win32Error.Success, memory.VirtualProtect(at, 1, PageProtection.ReadWrite, out _));
        Assert.Equal((PageProtection.WriteCopy, 1u), Query(at));
        VirtualAddress place = at;
        uint length = 0x1000;
        Assert.Equal(NtStatus.ConflictingAddresses, _process.Native.NtAllocateVirtualMemory(
            ref place, 0, ref length, AllocationTypes.Commit, PageProtection.ReadWrite));
        Assert.Equal(NtStatus.UnableToDeleteSection, _process.Native.NtFreeVirtualMemory(ref place, ref length, AllocationTypes.Decommit));
    }

    /// <summary>The record of a section is used again, without any trace of its former state.</summary>
    [Fact]
    public void AfterAnImageSectionHasGoneTheNextOneHasItsOwnKind()
    {
        Assert.Equal(NtStatus.Success, Create(_file, SectionFlags.Image, out SectionHandle image));
        Assert.Equal(Win32Error.Success, _process.Sections.CloseHandle(image));
        Assert.Empty(_machine.Sections);
        FileMappingCalls calls = _process.Sections;
        foreach (SectionFlags flags in (SectionFlags[])[SectionFlags.Reserve, SectionFlags.Commit])
        {
            Assert.Equal(Win32Error.Success,
                calls.CreateFileMapping(null, PageProtection.ReadWrite, flags, 0x5000, "name", out SectionHandle section));
            Assert.Equal(NtStatus.Success, _process.Native.NtQuerySection(section, out long length, out SectionFlags found));
            Assert.Equal((0x5000L, flags), (length, found));
            Assert.Equal(Win32Error.Success, calls.MapViewOfFileEx(section, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress at));
            Assert.Equal(Win32Error.Success, _process.Memory.VirtualQuery(at, out MemoryBasicInformation information));
            Assert.Equal((MemoryKind.Mapped, PageProtection.ReadWrite, 5u),
                (information.Kind, information.AllocationProtection, information.Count.Value));
            Assert.Equal(flags == SectionFlags.Commit ? MemoryState.Commit : MemoryState.Reserve, information.State);
            Assert.Equal(flags == SectionFlags.Commit, _process.Access.TryWrite(at, 7, out _));
            Assert.Equal(Win32Error.Success, calls.CloseHandle(section));
            Assert.Equal(Win32Error.Success, calls.UnmapViewOfFile(at));
        }

        VirtualAddress again = Map(_process, NtStatus.Success);    // the file was no image section's meanwhile
        Assert.Equal((PageProtection.ExecuteRead, 1u), Query(again + Code));
    }

    [Fact]
    public void PagesThatWereTrimmedOrReclaimedAreComposedAgain()
    {
        VirtualAddress at = Map(_process, NtStatus.Success);
        Assert.True(_process.Access.TryWrite(at + Data, 5, out _));
        Assert.True(_process.Access.TryRead(at + Code, out byte _, out _));
        Assert.Equal(Win32Error.Success, _process.WorkingSet.Empty());
        Assert.Equal((PageProtection.ExecuteRead, 1u), Query(at + Code));
        Assert.True(_process.Access.TryFetch(at + Code, out byte instruction, out _));
        Assert.True(_process.Access.TryRead(at + Data, out int value, out _));
        Assert.Equal((0xC3, 5), (instruction, value));
    }

    [Fact]
    public void FilesThatAreNoImagesAreRefused()
    {
        using GuestFile text = NewFile("no image, but long enough to be one of some kind"u8.ToArray());
        byte[] damaged = TinyImage();
        damaged[0x44] = 0;    // the machine
        using GuestFile other = NewFile(damaged);
        Assert.Equal(NtStatus.InvalidImageNotMz, Create(text, SectionFlags.Image, out _));
        Assert.Equal(NtStatus.InvalidImageFormat, Create(other, SectionFlags.Image, out _));
        using GuestFile endless = NewFile(TinyImage());
        Assert.Equal(Errno.None, endless.SetLength(1L << 40));
        Assert.Equal(NtStatus.InvalidImageFormat, Create(endless, SectionFlags.Image, out _));
        Assert.Equal(NtStatus.Success, Create(_file, SectionFlags.Image | SectionFlags.NoCache, out SectionHandle section));
        Assert.Equal(NtStatus.Success, _process.Native.NtQuerySection(section, out long length, out SectionFlags flags));
        Assert.Equal((0x4000L, SectionFlags.File | SectionFlags.Image), (length, flags));
    }

    private void AssertClean()
    {
        Assert.True(_machine.Audit().IsClean, _machine.Audit().ToString());
        Assert.True(_engine.Audit().IsClean, _engine.Audit().ToString());
    }

    private NtStatus Create(GuestFile file, SectionFlags flags, out SectionHandle section) => _process.Native.NtCreateSection(
        SectionAccess.All, 0, PageProtection.ReadOnly, flags, _machine.OpenFile(file, FileAccessRights.Read), out section);

    private VirtualAddress Map(WindowsProcess process, NtStatus expected)
    {
        WindowsFile opened = _machine.OpenFile(_file, FileAccessRights.Read);
        Assert.Equal(Win32Error.Success, process.Sections.CreateFileMapping(
            opened, PageProtection.ReadOnly, SectionFlags.Image, 0, name: null, out SectionHandle section));
        VirtualAddress at = default;
        uint length = 0;
        Assert.Equal(expected, process.Native.NtMapViewOfSection(
            section, ref at, 0, 0, 0, ref length, AllocationTypes.None, PageProtection.ReadOnly));
        Assert.Equal(0x4000u, length);
        return at;
    }

    private (PageProtection Protection, uint Pages) Query(VirtualAddress at)
    {
        Assert.Equal(Win32Error.Success, _process.Memory.VirtualQuery(at, out MemoryBasicInformation information));
        Assert.Equal((MemoryState.Commit, MemoryKind.Image, PageProtection.ExecuteWriteCopy),
            (information.State, information.Kind, information.AllocationProtection));
        return (information.Protection, information.Count.Value);
    }

    private GuestFile NewFile(byte[] bytes)
    {
        GuestFile file = _engine.Files.CreateMemoryFile("tiny.exe");
        Assert.Equal(Errno.None, file.Write(0, bytes, out _));
        return file;
    }

    /// <summary>Headers, a page of code that returns, and two pages of data, of which the file has the start.</summary>
    private static byte[] TinyImage()
    {
        byte[] file = new byte[0x600];
        "MZ"u8.CopyTo(file);
        Word(0x3C, 0x40);
        "PE\0\0"u8.CopyTo(file.AsSpan(0x40));
        Half(0x44, 0x14C);
        Half(0x46, 2);                 // sections
        Half(0x54, 0xE0);              // length of the optional header
        Half(0x56, 0x102);
        Half(0x58, 0x10B);
        Word(0x58 + 16, Code);         // entry
        Word(0x58 + 28, Base);
        Word(0x58 + 32, 0x1000);       // in memory
        Word(0x58 + 36, 0x200);        // in the file
        Word(0x58 + 56, 0x4000);       // length
        Word(0x58 + 60, 0x200);        // of headers
        Word(0x58 + 92, 16);
        Section(0, ".text", Code, 0x200, 0x200, 0x6000_0020);
        Section(1, ".data", Data, 0x2000, 0x400, 0xC000_0040);
        file[0x200] = 0xC3;
        file[0x400] = 7;
        return file;

        void Word(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);
        void Half(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);
        void Section(int index, string name, uint place, uint length, uint offset, uint flags)
        {
            int at = 0x58 + 0xE0 + (index * 40);
            System.Text.Encoding.ASCII.GetBytes(name, file.AsSpan(at));
            Word(at + 8, length);
            Word(at + 12, place);
            Word(at + 16, 0x200);
            Word(at + 20, offset);
            Word(at + 36, flags);
        }
    }
}
