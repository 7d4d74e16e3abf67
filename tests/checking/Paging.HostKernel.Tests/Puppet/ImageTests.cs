using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Paging.HostKernel.Puppets;

namespace Paging.HostKernel.Tests;

/// <summary>The program file and the block, as bytes.</summary>
public sealed class ImageTests
{
    private static readonly PuppetLayout Layout = new(0xBFFF_0000, 0x1_0000);

    [Theory]
    [InlineData(0x0804_a000)]
    [InlineData(0x1fff_0000)]
    public void TheLastSegmentEndsAtTheBreakAndHasNoBytes(uint programBreak)
    {
        byte[] image = PuppetImage.Build(programBreak, Layout);
        ReadOnlySpan<byte> bss = image.AsSpan(52 + 32, 32);
        Assert.Equal(programBreak, Word(bss, 8) + Word(bss, 20));
        Assert.Equal(0u, Word(bss, 16));
        Assert.InRange(image.Length, 1, PuppetLayout.PageByteLength);
    }

    [Fact]
    public void TheStackIsDeclaredNotExecutable()    // otherwise every readable mapping becomes executable
    {
        ReadOnlySpan<byte> stack = PuppetImage.Build(0x0804_a000, Layout).AsSpan(52 + 64, 32);
        Assert.Equal(0x6474_E551u, Word(stack, 0));
        Assert.Equal(6u, Word(stack, 24));
    }

    [Fact]
    public void TheBlockHasRoomForItsParts()
    {
        PuppetCode code = new(Layout);
        Assert.InRange(code.Bytes.Length, 1, PuppetLayout.ControlOffset);
        Assert.True(Marshal.SizeOf<ControlWords>() <= PuppetLayout.SlotsOffset - PuppetLayout.ControlOffset);
        Assert.True(Layout.Slot(PuppetLayout.SlotCount - 1) < Layout.SignalStack);
        Assert.Equal(0xC000_0000, Layout.Scratch + (uint)Layout.ScratchByteLength);
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
