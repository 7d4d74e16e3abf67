using Paging.Native;
using Paging.Processors.DirectExecution;

namespace Paging.Processors.Tests;

/// <summary>Whether an instruction stores where it has faulted. Intel SDM 2: which operands each one writes.</summary>
public sealed class AccessDecoderTests
{
    private const uint At = 0x0050_0000, Other = 0x0060_0000;

    public static TheoryData<string, byte[], uint, AccessKind> Accesses => new()
    {
        { "mov eax,[ebx]", [0x8B, 0x03], At, AccessKind.Read },
        { "mov [ebx],eax", [0x89, 0x03], At, AccessKind.Write },
        { "mov [ebx+2],eax: its second page", [0x89, 0x43, 0xFE], At, AccessKind.Write },
        { "add [ebx],eax", [0x01, 0x03], At, AccessKind.Write },
        { "add eax,[ebx]", [0x03, 0x03], At, AccessKind.Read },
        { "cmp [ebx],eax", [0x39, 0x03], At, AccessKind.Read },
        { "inc [ebx]", [0xFF, 0x03], At, AccessKind.Write },
        { "push [ebx]: the load", [0xFF, 0x33], At, AccessKind.Read },
        { "push [ebx]: the store", [0xFF, 0x33], Other - 4, AccessKind.Write },
        { "pop [ebx]: the store", [0x8F, 0x03], At, AccessKind.Write },
        { "pop [ebx]: the load", [0x8F, 0x03], Other, AccessKind.Read },
        { "call [ebx]: the load", [0xFF, 0x13], At, AccessKind.Read },
        { "call [ebx]: the store", [0xFF, 0x13], Other - 4, AccessKind.Write },
        { "ret", [0xC3], Other, AccessKind.Read },
        { "pusha", [0x60], Other - 32, AccessKind.Write },
        { "enter 16,0", [0xC8, 16, 0, 0], Other - 4, AccessKind.Write },
        { "leave", [0xC9], Other + 16, AccessKind.Read },
        { "movsb: the load", [0xA4], At + 64, AccessKind.Read },
        { "movsb: the store", [0xA4], Other + 64, AccessKind.Write },
        { "rep movsd: the load", [0xF3, 0xA5], At + 64, AccessKind.Read },
        { "rep movsd: the store", [0xF3, 0xA5], Other + 64, AccessKind.Write },
        { "rep stosd", [0xF3, 0xAB], Other + 64, AccessKind.Write },
        { "repne scasb", [0xF2, 0xAE], Other + 64, AccessKind.Read },
        { "lock cmpxchg [ebx],ecx", [0xF0, 0x0F, 0xB1, 0x0B], At, AccessKind.Write },
        { "xchg [ebx],eax", [0x87, 0x03], At, AccessKind.Write },
        { "bts [ebx],eax", [0x0F, 0xAB, 0x03], At, AccessKind.Write },
        { "bt [ebx],1", [0x0F, 0xBA, 0x23, 1], At, AccessKind.Read },
        { "setz [ebx]", [0x0F, 0x94, 0x03], At, AccessKind.Write },
        { "movaps xmm0,[ebx]", [0x0F, 0x28, 0x03], At, AccessKind.Read },
        { "movups [ebx],xmm0", [0x0F, 0x11, 0x03], At, AccessKind.Write },
        { "vmovdqu [ebx],ymm0", [0xC5, 0xFE, 0x7F, 0x03], At + 16, AccessKind.Write },
        { "fld [ebx]", [0xDD, 0x03], At, AccessKind.Read },
        { "fstp [ebx]", [0xDD, 0x1B], At, AccessKind.Write },
        { "fxsave [ebx]", [0x0F, 0xAE, 0x03], At + 256, AccessKind.Write },
        { "fxrstor [ebx]", [0x0F, 0xAE, 0x0B], At + 256, AccessKind.Read },
        { "mov gs:[0],eax", [0x65, 0xA3, 0, 0, 0, 0], At + 0x1000, AccessKind.Write },
        { "mov eax,gs:[0]", [0x65, 0xA1, 0, 0, 0, 0], At + 0x1000, AccessKind.Read },
        { "mov [bx],al", [0x67, 0x88, 0x07], 0, AccessKind.Write },
        { "half of mov eax,imm32", [0xB8, 1, 2], 0x0040_0003, AccessKind.Fetch },
        { "half of mov [ebx+disp32],eax", [0x89, 0x83, 1, 2], 0x0040_0004, AccessKind.Fetch },
    };

    /// <summary>An instruction touches some bytes if one of its own is among them, not if it ends before or begins after them.</summary>
    [Theory]
    [InlineData(At - 1, 1, false)]
    [InlineData(At - 4, 4, false)]
    [InlineData(At - 4, 5, true)]
    [InlineData(At - 1, 6, true)]
    [InlineData(At, 1, true)]
    [InlineData(At + 3, 1, true)]
    [InlineData(At + 3, 8, true)]
    [InlineData(At + 4, 1, false)]
    [InlineData(At + 4, 4, false)]
    public void AnInstructionTouchesItsOwnBytes(uint at, uint byteLength, bool touches)
    {
        AccessDecoder decoder = new();
        GuestRegisters registers = new() { Ebx = At, Esi = At, Edi = Other, Ecx = 2, Esp = Other };
        Assert.Equal(touches, decoder.Touches([0x89, 0x03], registers, new(at), byteLength, 0, 0, isLoad: false));    // mov [ebx],eax
        Assert.False(decoder.Touches([0x89, 0x03], registers, new(at), byteLength, 0, 0, isLoad: true));
        Assert.Equal(touches, decoder.Touches([0x8B, 0x03], registers, new(at), byteLength, 0, 0, isLoad: true));    // mov eax,[ebx]
        Assert.False(decoder.Touches([0x8B, 0x03], registers, new(at), byteLength, 0, 0, isLoad: false));
        foreach (bool isLoad in (bool[])[false, true])    // add [ebx],eax
            Assert.Equal(touches, decoder.Touches([0x01, 0x03], registers, new(at), byteLength, 0, 0, isLoad));
        Assert.Equal(touches, decoder.Touches([0xF3, 0xA5], registers, new(at), byteLength, 0, 0, isLoad: true));    // rep movsd's next
        Assert.False(decoder.Touches([0x8D, 0x03], registers, new(at), byteLength, 0, 0, isLoad: true));    // lea eax,[ebx]
    }

    [Theory, MemberData(nameof(Accesses))]
    public void AnOperandIsLoadedOrStored(string what, byte[] code, uint address, AccessKind expected)
    {
        AccessDecoder decoder = new();
        GuestRegisters registers = new()
        {
            Eip = 0x0040_0000,
            Ebx = At,
            Esp = Other,
            Ebp = Other + 16,
            Esi = At + 64,
            Edi = Other + 64,
            Ecx = 4,
        };
        AccessKind kind = decoder.KindOf(code, registers, new(address), fsBase: 0, gsBase: At + 0x1000);
        Assert.True(kind == expected, $"{what}: {kind}");
    }
}
