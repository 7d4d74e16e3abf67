using Paging.Native.Memory;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>The loops over one frame: every byte of it and none beside it. Overlapping ranges are copied as by memmove.</summary>
public sealed class FrameBytesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(64)]
    [InlineData(300)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(5000)]
    public void OverlappingRangesAreMoved(int distance)
    {
        byte[] plain = new byte[3 * 4096], bytes = new byte[3 * 4096];
        for (int direction = 0; direction < 2; direction++)
        {
            for (int length = 4094; length <= 4096; length++)
            {
                for (int i = 0; i < bytes.Length; i++) plain[i] = bytes[i] = (byte)((i * 7) + (i >> 8));
                (int from, int to) = direction == 0 ? (0, distance) : (distance, 0);
                Array.Copy(plain, from, plain, to, length);
                FrameBytes.CopyPart(bytes.AsSpan(from, length), bytes.AsSpan(to, length));
                Assert.Equal(plain, bytes);
            }
        }
    }

    /// <summary>Each loop, also those that this host does not choose.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(FrameLoop.Vectors32)]
    [InlineData(FrameLoop.Vectors64)]
    [InlineData(FrameLoop.Library)]
    internal unsafe void AFrameIsClearedAndCopiedToItsLastByte(FrameLoop? loop)
    {
        byte[] plain = new byte[5 * 4096], bytes = new byte[5 * 4096];
        new Random(1).NextBytes(plain);
        plain.CopyTo(bytes, 0);
        fixed (byte* start = bytes)
        {
            FrameBytes.Clear(loop ?? FrameLoops.OfClear, start + 4096);
            plain.AsSpan(4096, 4096).Clear();
            Assert.Equal(plain, bytes);
            FrameBytes.Fill(start + 4096, 0x5A);
            plain.AsSpan(4096, 4096).Fill(0x5A);
            Assert.Equal(plain, bytes);
            FrameBytes.Copy(loop ?? FrameLoops.OfCopy, start + 8192, start);
            plain.AsSpan(8192, 4096).CopyTo(plain);
            Assert.Equal(plain, bytes);
            FrameBytes.Copy(loop ?? FrameLoops.OfCopy, start, start + (3 * 4096));
            plain.AsSpan(0, 4096).CopyTo(plain.AsSpan(3 * 4096));
            Assert.Equal(plain, bytes);
        }
    }
}
