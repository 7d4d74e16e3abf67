using Paging.Processors.Emulation;

namespace Paging.Processors.Tests;

/// <summary>Long runs of code without a jump. The library's translator has room for some 230 instructions of the x87 at once.</summary>
public sealed class LongBlockTests
{
    private const int Count = 1_500;

    // fadd st,st(1); fxch; fadd dword [edi]; fstp dword [edi] with fld1; addps xmm0,xmm1; lock add dword [edi],1; cmpxchg [edi],ecx;
    // bts [edi],eax; adc eax,[edi]; fnstsw ax; pushf with popf; bsr eax,ecx; divps xmm0,xmm1; cmovb eax,ecx; xchg [edi],ecx
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("D8C1")]
    [InlineData("D9C9")]
    [InlineData("D807")]
    [InlineData("D91FD9E8")]
    [InlineData("0F58C1")]
    [InlineData("F0830701")]
    [InlineData("0FB10F")]
    [InlineData("0FAB07")]
    [InlineData("1307")]
    [InlineData("DFE0")]
    [InlineData("9C9D")]
    [InlineData("0FBDC1")]
    [InlineData("0F5EC1")]
    [InlineData("0F42C1")]
    [InlineData("870F")]
    public void AreExecutedToTheirEnd(string instructions)
    {
        byte[] once = Convert.FromHexString(instructions);
        byte[] code = [.. Enumerable.Repeat(once, Count).SelectMany(static bytes => bytes), 0xCD, 0x80];
        foreach (bool countsCode in (bool[])[true, false])
        {
            using Machine machine = new(countsCode: countsCode);
            machine.Registers.Edi = Machine.Data.Value;
            ProcessorExit exit = machine.Execute(code);
            Assert.Equal(ProcessorExitKind.SystemCall, exit.Kind);
            Assert.Equal(Machine.Code.Value + (uint)code.Length, machine.Registers.Eip);
        }
    }

    [Fact]
    public void AreExecutedWithEachAccessTraced()
    {
        using Machine machine = new();
        Counter counter = new();
        machine.Processor.Trace(counter);
        machine.Registers.Edi = Machine.Data.Value;
        Assert.Equal(ProcessorExitKind.SystemCall,
            machine.Execute([.. Enumerable.Repeat((byte[])[0xD8, 0x07], Count).SelectMany(static bytes => bytes), 0xCD, 0x80]).Kind);
        Assert.Equal(Count, counter.LoadCount);
    }

    private sealed class Counter : IGuestAccessSink
    {
        public int LoadCount { get; private set; }

        public void Take(in GuestAccess access)
        {
            if (access.Kind == GuestAccessKind.Load) LoadCount++;
        }
    }
}
