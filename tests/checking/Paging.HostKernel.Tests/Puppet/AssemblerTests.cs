using Paging.HostKernel.Puppets;

namespace Paging.HostKernel.Tests;

/// <summary>The instruction forms, against bytes from the processor's manual.</summary>
public sealed class AssemblerTests
{
    private readonly Assembler _code = new(0x1000);

    [Fact]
    public void OperandsAreAbsolute()
    {
        _code.Set(Register.Edi, 0x11223344);
        _code.Load(Register.Ebx, 0xbfff1014);
        _code.Store(0xbfff1010, Register.Eax);
        _code.Exchange(0xbfff1000, Register.Ecx);
        Assert.Equal("BF44332211" + "8B1D1410FFBF" + "89051010FFBF" + "870D0010FFBF", Convert.ToHexString(_code.Finish()));
    }

    [Fact]
    public void JumpsReachLabelsAheadAndBehind()
    {
        Label after = new(), ahead = new();
        _code.Mark(after);
        _code.Jump(ahead);              // 5 bytes, to 0x100B: 6 beyond its end
        _code.JumpIfEqual(after);      // 6 bytes, to 0x1000: 11 before its end
        _code.Mark(ahead);
        _code.SystemCall();
        Assert.Equal("E906000000" + "0F84F5FFFFFF" + "CD80", Convert.ToHexString(_code.Finish()));
    }

    [Fact]
    public void AJumpToNowhereIsNoticed()
    {
        _code.Jump(new Label());
        _ = Assert.Throws<InvalidOperationException>(_code.Finish);
    }
}
