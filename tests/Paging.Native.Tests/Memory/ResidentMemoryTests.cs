using Paging.Native.Memory;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>The host's memory that blocks take. Alone, because the host counts the whole process.</summary>
[Collection(nameof(ResidentMemoryTests)), CollectionDefinition(nameof(ResidentMemoryTests), DisableParallelization = true)]
public sealed unsafe class ResidentMemoryTests
{
    /// <summary>Room for the few places that a test touches (2 MiB each where the host uses huge pages), and the runtime's own.</summary>
    private const long Tolerated = 32L << 20;

    [Fact]
    public void FourGibibytesTakeUpRoomOnlyWhereTheyAreTouched()
    {
        long before = HostMemory.ResidentBytes();
        using PhysicalMemory ram = new(FrameCount.MiB(4096), requestHugePages: false);
        FrameNumber top = new(0xFFFFF);
        ram.Fill(top, 1);
        Assert.Equal(1ul << 32, ram.ByteLength);
        Assert.Equal(1, ram.Bytes(new PhysicalAddress(0xFFFFFFFF), 1)[0]);
        Assert.True(ram.IsZero(new(0x80000)));
        Assert.InRange(HostMemory.ResidentBytes() - before, long.MinValue, Tolerated);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void DisposingGivesTheMemoryBack()
    {
        const int ByteLength = 512 << 20;
        using (HostBlock block = new(ByteLength, requestHugePages: true)) TouchEveryPage(block, ByteLength);
        long resident = HostMemory.ResidentBytes();
        for (int round = 0; round < 3; round++)
        {
            using HostBlock block = new(ByteLength, requestHugePages: true);
            TouchEveryPage(block, ByteLength);
        }
        Assert.InRange(HostMemory.ResidentBytes() - resident, long.MinValue, Tolerated);
    }

    private static void TouchEveryPage(HostBlock block, int byteLength)
    {
        for (int offset = 0; offset < byteLength; offset += 4096) block.Address[offset] = 1;
    }
}
