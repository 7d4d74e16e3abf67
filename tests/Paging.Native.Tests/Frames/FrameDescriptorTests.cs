using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Xunit;

namespace Paging.Native.Tests;

public sealed class FrameDescriptorTests
{
    [Fact]
    public void ADescriptorIsHalfACacheLine() => Assert.Equal(32, Unsafe.SizeOf<FrameDescriptor>());

    [Theory]
    [InlineData(nameof(FrameDescriptor.State), 0)]
    [InlineData(nameof(FrameDescriptor.Flags), 1)]
    [InlineData(nameof(FrameDescriptor.Order), 2)]
    [InlineData(nameof(FrameDescriptor.Kind), 3)]
    [InlineData(nameof(FrameDescriptor.Owner), 4)]
    [InlineData(nameof(FrameDescriptor.ReferenceCount), 8)]
    [InlineData(nameof(FrameDescriptor.MapCount), 12)]
    [InlineData(nameof(FrameDescriptor.Index), 16)]
    [InlineData(nameof(FrameDescriptor.Next), 20)]
    [InlineData(nameof(FrameDescriptor.Previous), 24)]
    [InlineData(nameof(FrameDescriptor.Private), 28)]
    public void TheFieldsLieAsThePictureSays(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<FrameDescriptor>(field));

    [Fact]
    public void OneAddCountsAReferenceAndAMapping()
    {
        using FrameTable frames = new(FrameCount.MiB(1));
        ref FrameDescriptor descriptor = ref frames[new(7)];
        for (int time = 0; time < 3; time++) frames.AddReferenceAndMapping(new(7));
        Assert.Equal(3u, descriptor.ReferenceCount);
        Assert.Equal(3u, descriptor.MapCount);
    }
}
