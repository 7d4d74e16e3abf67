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
}
