using Paging.Native;
using Paging.Processors.DirectExecution;

namespace Paging.Processors.Tests;

/// <summary>Instructions that read the time-stamp counter are found in code, and their bytes in other instructions are not.</summary>
public sealed class TimeStampCodeTests
{
    private static readonly FrameNumber Frame = new(7), Next = new(8);

    [Theory, InlineData(0), InlineData(1), InlineData(100), InlineData(4093)]
    public void BothInstructionsAreFoundWhereverTheyLie(int place)
    {
        Assert.True(IsIn(place, [0x0F, 0x31]));
        Assert.True(IsIn(place, [0x0F, 0x01, 0xF9]));
    }

    [Fact]
    public void BytesOfOtherInstructionsAreNotFound()
    {
        Assert.False(IsIn(200, []));
        Assert.False(IsIn(200, [0x83, 0xE0, 0x0F, 0x31, 0xC0]));                         // and eax,15; xor eax,eax
        Assert.False(IsIn(200, [0xB8, 0x0F, 0x31, 0, 0, 0x89, 0xC1]));                   // mov eax,310F; mov ecx,eax
        Assert.False(IsIn(200, [0x8D, 0x84, 0x88, 0x0F, 0x01, 0xF9, 0x00, 0x01, 0xC8])); // lea eax,[eax+ecx*4+F9010F]; add eax,ecx
        Assert.True(IsIn(200, [0x83, 0xE0, 0x0F, 0x31, 0xC0, 0x90, 0x0F, 0x31]));        // and eax,15; xor eax,eax; nop; rdtsc
    }

    [Fact]
    public void OneThatEndsInTheNextPageIsFound()
    {
        Assert.True(IsIn(4095, [0x0F], [0x31]));
        Assert.True(IsIn(4095, [0x0F], [0x01, 0xF9]));
        Assert.True(IsIn(4094, [0x0F, 0x01], [0xF9]));
        Assert.False(IsIn(4095, [0x0F], [0x0B]));
        Assert.False(IsIn(4095, [0x0F], null));
    }

    [Fact]
    public void AFrameThatGetsOtherCodeIsReadAgain()
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1));
        TimeStampCode code = new(ram);
        Span<byte> page = ram.Bytes(Frame);
        page.Fill(0x90);
        Assert.False(code.IsIn(Frame, default, Nothing));
        page.Fill(0x40);    // inc eax
        page[1] = 0x0F;
        page[2] = 0x31;
        Assert.True(code.IsIn(Frame, default, Nothing));
        page.Fill(0x90);
        Assert.False(code.IsIn(Frame, default, Nothing));
    }

    /// <summary>True if the code is found in a page of nops; <paramref name="after"/> begins the next page, null: none does.</summary>
    private static bool IsIn(int place, ReadOnlySpan<byte> bytes, byte[]? after = null)
    {
        using PhysicalMemory ram = new(FrameCount.MiB(1));
        ram.Bytes(Frame).Fill(0x90);
        bytes.CopyTo(ram.Bytes(Frame)[place..]);
        after?.CopyTo(ram.Bytes(Next));
        return new TimeStampCode(ram).IsIn(Frame, new(0x401), page => page.Value == 0x401 && after is not null ? Present : default);
    }

    private static WalkResult Nothing(PageNumber page) => default;

    private static WalkResult Present => new() { Succeeded = true, Physical = Next.Address };
}
