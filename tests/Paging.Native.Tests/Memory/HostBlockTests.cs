using Paging.Native.Frames;
using Paging.Native.Memory;
using Paging.Native.Translation;
using Xunit;

namespace Paging.Native.Tests;

public sealed unsafe class HostBlockTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(4096, true)]
    [InlineData((5 << 20) + 1, true)]
    public void ABlockIsAlignedZeroAndWritableToItsLastByte(int byteLength, bool requestHugePages)
    {
        using HostBlock block = new((ulong)byteLength, requestHugePages);
        Assert.Equal(0u, (nuint)block.Address % HostBlock.Alignment);
        Span<byte> bytes = new(block.Address, byteLength);
        Assert.False(bytes.ContainsAnyExcept((byte)0));
        bytes.Fill(1);
        Assert.False(block.IsInvalid);
    }

    /// <summary>More addresses than the host has: neither mmap(2) nor the C runtime has room.</summary>
    [Fact]
    public void ABlockForWhichTheHostHasNoRoomIsRefused() =>
        Assert.Throws<OutOfMemoryException>(static () => new HostBlock(1ul << 60, requestHugePages: false).Dispose());

    /// <summary>As asked: transparent huge pages are for RAM, where most of the cost is the host's own translation.</summary>
    [Fact]
    public void OnlyABlockThatAsksForHugePagesIsAdvised()
    {
        Assert.SkipUnless(Directory.Exists("/sys/kernel/mm/transparent_hugepage"), "This host has no transparent huge pages.");
        using HostBlock plain = new(4 << 20, requestHugePages: false), huge = new(4 << 20, requestHugePages: true);
        Assert.Equal((false, true), (plain.HasHugePages, huge.HasHugePages));
        Assert.Equal((false, true), (HostMemory.IsAdvisedHuge((nuint)plain.Address), HostMemory.IsAdvisedHuge((nuint)huge.Address)));
    }

    /// <summary>One touched word commits a page of the host, not 2 MiB: the engine's blocks beside RAM are sparsely used.</summary>
    [Fact]
    public void BlocksBesideRamDoNotAskForHugePages()
    {
        Assert.SkipUnless(Directory.Exists("/sys/kernel/mm/transparent_hugepage"), "This host has no transparent huge pages.");
        using FrameTable frames = new(new(256));
        using AddendPair pair = new(isShared: false);
        using DirtySet set = new(1 << 20, needsFaults: false);
        set.Note(0);
        fixed (uint* first = set.Take())
            Assert.False(HostMemory.IsAdvisedHuge((nuint)first), "dirty set");
        fixed (FrameDescriptor* first = &frames[new(0)])
            Assert.False(HostMemory.IsAdvisedHuge((nuint)first), "frame table");
        Assert.False(HostMemory.IsAdvisedHuge((nuint)pair.Read), "addends");
    }
}
