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
        Assert.InRange(HostMemory.ResidentBytes() - resident, long.MinValue, ByteLength);    // one block less than was touched
    }

    private static void TouchEveryPage(HostBlock block, int byteLength)
    {
        for (int offset = 0; offset < byteLength; offset += 4096) block.Address[offset] = 1;
    }
}
