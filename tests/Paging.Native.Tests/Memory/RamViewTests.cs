using System.Buffers;
using Paging.Native.Memory;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>RAM as memory of .NET and as a file: the same bytes, at the right offset, for the documented lifetime.</summary>
public sealed class RamViewTests
{
    [Fact]
    public void ARunOfFramesIsTheSameBytes()
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1), requestHugePages: false);
        Memory<byte> memory = ram.MemoryOf(new(3), new(2));
        Assert.Equal(8192, memory.Length);
        memory.Span[4096] = 7;
        memory.Span[8191] = 9;
        Assert.Equal((7, 9), (ram.Bytes(new FrameNumber(4))[0], ram.Bytes(new FrameNumber(4))[4095]));
        Assert.Equal(8192 * 32, ram.MemoryOf(new(0), ram.FrameCount).Length / 4);
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.MemoryOf(new(255), new(2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.MemoryOf(new(0), new(1 << 19)));
    }

    /// <summary>A pinned run outlives RAM: the host keeps the bytes until it is unpinned.</summary>
    [Fact]
    public unsafe void APinnedRunKeepsItsBytes()
    {
        PhysicalMemory ram = new(FrameCount.MiB(1), requestHugePages: false);
        ram.Fill(new(3), 0x33);
        ram.Fill(new(4), 0x44);
        Memory<byte> memory = ram.MemoryOf(new(3), new(2));
        using MemoryHandle second = memory[4096..].Pin();
        using MemoryHandle pin = memory.Pin();
        ram.Release();
        Assert.Equal((0x33, 0x44, 0x44), (((byte*)pin.Pointer)[4095], ((byte*)pin.Pointer)[4096], *(byte*)second.Pointer));
        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
    }

    [Fact]
    public unsafe void BytesWithinAFrameBeginAtTheirOffset()
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1), requestHugePages: false);
        Keeper keeper = new();
        FrameMemory view = new(ram, new(5), 100, 5000, keeper);
        ram.Bytes(new FrameNumber(5))[100] = 1;
        ram.Bytes(new FrameNumber(6))[1003] = 2;
        Assert.Equal((5000, 1, 2), (view.GetSpan().Length, view.GetSpan()[0], view.GetSpan()[4999]));
        using (MemoryHandle pin = view.Pin(4999)) Assert.Equal(2, *(byte*)pin.Pointer);
        view.Pin(5000).Dispose();    // the end may be pointed at
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Pin(5001));
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Pin(-1));
        Assert.False(System.Runtime.InteropServices.MemoryMarshal.TryGetArray((ReadOnlyMemory<byte>)view.Memory, out _));
        keeper.IsGone = true;
        Assert.Throws<ObjectDisposedException>(() => view.GetSpan().Length);
        Assert.Throws<ObjectDisposedException>(() => view.Pin());
    }

    [Theory]
    [InlineData(255u, 0, 4096, true)]
    [InlineData(255u, 0, 4097, false)]
    [InlineData(255u, 1, 4095, true)]
    [InlineData(255u, 1, 4096, false)]
    [InlineData(256u, 0, 0, true)]
    [InlineData(256u, 0, 1, false)]
    [InlineData(0u, -1, 1, false)]
    [InlineData(0u, 0, -1, false)]
    public void AViewEndsWithRam(uint first, int offset, int byteLength, bool isInside)
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1), requestHugePages: false);
        Exception? thrown = Record.Exception(() => new FrameMemory(ram, new(first), offset, byteLength, new Keeper()));
        Assert.Equal(isInside, thrown is null);
        if (!isInside) Assert.IsType<ArgumentOutOfRangeException>(thrown);
    }

    /// <summary>Linux: memfd_create(2). The file has the length of RAM, and either side reads the other's writes.</summary>
    [Fact]
    public void SharedRamIsAFileByteForByte()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "RAM can be shared on Linux only.");
        using PhysicalMemory plain = new(FrameCount.MiB(1), requestHugePages: false);
        Assert.Null(plain.File);
        using PhysicalMemory ram = new(FrameCount.MiB(1), requestHugePages: false, isShared: true);
        Assert.NotNull(ram.File);
        Assert.Equal(1 << 20, RandomAccess.GetLength(ram.File));
        ram.Fill(new(255), 0x77);
        byte[] read = new byte[4097];
        Assert.Equal(4097, RandomAccess.Read(ram.File, read, (1 << 20) - 4097));
        Assert.Equal((0, 0x77, 0x77), (read[0], read[1], read[4096]));
        RandomAccess.Write(ram.File, [5, 6], 8192);
        Assert.Equal((5, 6), (ram.Bytes(new FrameNumber(2))[0], ram.Bytes(new FrameNumber(2))[1]));
        string link = $"/proc/self/fd/{ram.File.DangerousGetHandle()}";
        Assert.Contains("paging-ram", new FileInfo(link).LinkTarget, StringComparison.Ordinal);
        ram.Release();
        Assert.True(ram.File.IsClosed);
        Assert.DoesNotContain("paging-ram", new FileInfo(link).LinkTarget ?? "", StringComparison.Ordinal);
    }

    /// <summary>Code and logs are notified of a frame's change while at least one of them is there.</summary>
    [Fact]
    public void CodeAndLogsAreNotifiedOfAChange()
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1), requestHugePages: false);
        using DirtySet log = new(256, needsFaults: false);
        Assert.False(ram.Observers.Any);
        ram.Observers.AddSpace();
        Assert.True(ram.Observers.Any);
        ram.Observers.RemoveSpace();
        ram.Observers.Note(new(4));
        CodeFrames code = new(ram.FrameCount);
        ram.Observers.Code = code;
        Assert.True(ram.Observers.Any);
        Assert.True(code.Mark(new(9)));
        ram.Observers.Add(log);
        ram.Observers.Note(new(9));
        Assert.True(code.HasChanged);
        ram.Observers.Code = null;
        Assert.True(ram.Observers.Any);
        ram.Observers.Note(new(10));
        Assert.Equal([9u, 10u], log.Take().ToArray());
        ram.Observers.Remove(log);
        Assert.False(ram.Observers.Any);
        Assert.Throws<ArgumentException>(() => ram.Observers.Code = new CodeFrames(new(255)));
    }

    [Fact]
    public void AProcessorThatTranslatesCodeIsToldWhichFramesHaveChanged()
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1), requestHugePages: false);
        Assert.False(ram.TracksCode || ram.HasCode(new(9)) || ram.HasChangedCode || ram.TryTakeChangedCode(out _));
        ram.NoteCodeChanged(new(9));    // nothing listens
        Assert.Throws<InvalidOperationException>(() => ram.MarkCode(new(9)));
        ram.TracksCode = true;
        Assert.True(ram.TracksCode && ram.Observers.Any && ram.MarkCode(new(9)) && ram.HasCode(new(9)) && !ram.HasChangedCode);
        Assert.False(ram.MarkCode(new(9)) || ram.HasCode(new(8)));
        ram.Observers.Note(new(9));
        Assert.True(ram.HasChangedCode && !ram.HasCode(new(9)) && ram.MarkCode(new(10)));
        ram.NoteCodeChanged(new(10));
        ram.NoteCodeChanged(new(11));    // not marked
        List<uint> changed = [];
        while (ram.TryTakeChangedCode(out FrameNumber frame)) changed.Add(frame.Value);
        Assert.Equal([9u, 10], changed.Order().ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.MarkCode(new(256)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.HasCode(new(256)));
        Assert.True(ram.MarkCode(new(12)));
        ram.TracksCode = false;
        Assert.False(ram.TracksCode || ram.Observers.Any || ram.HasCode(new(12)));
    }

    private sealed class Keeper : IFrameKeeper
    {
        public bool IsGone { get; set; }

        public void ThrowIfGone() => ObjectDisposedException.ThrowIf(IsGone, this);
    }
}
