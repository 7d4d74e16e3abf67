using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Native.Tests;

public sealed class FrameDescriptorTests
{
    [Fact]
    public void ADescriptorIsHalfACacheLine() => Assert.Equal(32, Unsafe.SizeOf<FrameDescriptor>());

    [Theory]
    [InlineData(nameof(FrameDescriptor.Header), 0)]
    [InlineData(nameof(FrameDescriptor.Owner), 4)]
    [InlineData(nameof(FrameDescriptor.ReferenceCount), 8)]
    [InlineData(nameof(FrameDescriptor.MapCount), 12)]
    [InlineData(nameof(FrameDescriptor.Index), 16)]
    [InlineData(nameof(FrameDescriptor.Next), 20)]
    [InlineData(nameof(FrameDescriptor.Previous), 24)]
    [InlineData(nameof(FrameDescriptor.Private), 28)]
    public void TheFieldsLieAsInThePicture(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<FrameDescriptor>(field));

    [Fact]
    public void TheHeaderLiesAsInThePicture()
    {
        FrameHeader header = FrameHeader.Of(FrameState.SwapCache, FrameFlags.Owner3, 0x5A, 0xC3);
        Assert.Equal(0xC35A_1006u, header.Word);
        Assert.Equal((FrameState.SwapCache, FrameFlags.Owner3, (byte)0x5A, (byte)0xC3),
            (header.State, header.Flags, header.Group, header.Kind));
        Assert.Equal(0x000A_0100u, FrameHeader.OfBlock(10).Word);
        Assert.Equal(10, FrameHeader.OfBlock(10).Order);
        Assert.Equal(default, FrameHeader.Of(FrameState.Free));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0xFFFF_FFFFu)]
    public void EachByteOfTheHeaderIsItsOwn(uint word)
    {
        static uint Changed(uint word, DescriptorChange change)
        {
            FrameDescriptor descriptor = new() { Header = new(word), Owner = 7 };
            change(ref descriptor);
            Assert.Equal(7u, descriptor.Owner);
            return descriptor.Header.Word;
        }

        Assert.Equal((word & 0xFFFF_FF00) | 4, Changed(word, static (ref descriptor) => descriptor.State = FrameState.Anonymous));
        Assert.Equal((word & 0xFFFF_00FF) | 0x1200, Changed(word, static (ref descriptor) => descriptor.Flags = (FrameFlags)0x12));
        Assert.Equal((word & 0xFF00_FFFF) | 0x34_0000, Changed(word, static (ref descriptor) => descriptor.Group = 0x34));
        Assert.Equal((word & 0xFF00_FFFF) | 0x34_0000, Changed(word, static (ref descriptor) => descriptor.Order = 0x34));
        Assert.Equal((word & 0x00FF_FFFF) | 0x5600_0000, Changed(word, static (ref descriptor) => descriptor.Kind = 0x56));
    }

    private delegate void DescriptorChange(ref FrameDescriptor descriptor);

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
