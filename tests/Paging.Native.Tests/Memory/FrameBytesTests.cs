using Xunit;

namespace Paging.Native.Tests;

/// <summary>Copies of a frame onto itself: what overlaps is moved as memmove does, whatever the distance.</summary>
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
    public void WhatOverlapsIsMoved(int distance)
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
}
