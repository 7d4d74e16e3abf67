using Paging.Native;
using Paging.Processors.Emulation;

namespace Paging.Processors.Tests;

/// <summary>Blocks that follow each other are counted where a fuzzer looks for them.</summary>
public sealed class EdgeCoverageTests
{
    private static readonly VirtualAddress Code = new(0x0804_8000);

    // mov ecx, 5 │ again: inc eax; loop again │ int 80
    private static readonly byte[] Loop = [0xB9, 5, 0, 0, 0, 0x40, 0xE2, 0xFD, 0xCD, 0x80];

    [Theory]
    [InlineData(1 << 8)]
    [InlineData(1 << 16)]
    public void EachEdgeHasTheByteThatAflQemuTraceGivesIt(int mapLength)
    {
        byte[] map = new byte[mapLength], expected = new byte[mapLength];
        using EdgeCoverage coverage = new(map);
        using Machine machine = new(countsCode: false);
        coverage.AttachTo(machine.Processor);
        coverage.Cover(new(Code.Page, PageCount.One));
        Machine.Map(machine.Process, Code, 4096);
        machine.Load(Loop, Code);
        for (int run = 0; run < 2; run++)
        {
            machine.Registers.Eip = Code.Value;
            coverage.Begin();
            Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
        }

        // Blocks as the library cuts them: from the start through the first round, the four rounds after it, and the call.
        uint[] blocks = [Code.Value, Code.Value + 5, Code.Value + 5, Code.Value + 5, Code.Value + 5, Code.Value + 8];
        for (int run = 0; run < 2; run++)
        {
            uint before = 0;
            foreach (uint block in blocks)
            {
                uint hash = ((block >> 4) ^ (block << 8)) & ((uint)mapLength - 1);
                expected[hash ^ before]++;
                before = hash >> 1;
            }
        }

        Assert.Equal(expected, map);
    }

    [Fact]
    public void OtherCodeIsNotCounted()
    {
        byte[] map = new byte[1 << 8];
        using EdgeCoverage coverage = new(map);
        using Machine machine = new(countsCode: true);
        coverage.AttachTo(machine.Processor);
        coverage.Cover(new(Code.Page + PageCount.One, PageCount.One));
        Machine.Map(machine.Process, Code, 4096);
        machine.Load(Loop, Code);
        machine.Registers.Eip = Code.Value;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
        Assert.DoesNotContain(map, static count => count != 0);
    }

    [Fact]
    public void ACountThatOverflowsIsNotZero()
    {
        byte[] map = new byte[1 << 16];
        using EdgeCoverage coverage = new(map);
        using Machine machine = new(countsCode: false);
        coverage.AttachTo(machine.Processor);
        coverage.Cover(new(Code.Page, PageCount.One));
        Machine.Map(machine.Process, Code, 4096);
        machine.Load([0xB9, 0x02, 0x01, 0, 0, .. Loop.AsSpan(5)], Code);    // 258 rounds: the edge of the loop to itself is taken 256 times
        machine.Registers.Eip = Code.Value;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
        uint hash = (((Code.Value + 5) >> 4) ^ ((Code.Value + 5) << 8)) & 0xFFFF;
        Assert.Equal(1, map[hash ^ (hash >> 1)]);
    }

    [Fact]
    public void WhicheverOfTheTwoEndsFirstTheOtherGoesOn()
    {
        byte[] map = new byte[1 << 8];
        EdgeCoverage coverage = new(map), other = new(map);
        using (Machine machine = new(countsCode: false))
        {
            coverage.AttachTo(machine.Processor);
            coverage.Cover(new(Code.Page, PageCount.One));
            Assert.Throws<InvalidOperationException>(() => coverage.AttachTo(machine.Processor));
            Machine.Map(machine.Process, Code, 4096);
            machine.Load(Loop, Code);
            coverage.Dispose();
            coverage.Dispose();
            machine.Registers.Eip = Code.Value;
            Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
            Assert.DoesNotContain(map, static count => count != 0);
            Assert.Throws<ObjectDisposedException>(coverage.Begin);
            Assert.Throws<ObjectDisposedException>(() => coverage.Cover(default));
            Assert.Throws<ObjectDisposedException>(() => coverage.AttachTo(machine.Processor));
            other.AttachTo(machine.Processor);
        }

        Assert.Throws<ObjectDisposedException>(other.Begin);    // its processor is gone
        other.Dispose();
        new EdgeCoverage(map).Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1 << 7)]
    [InlineData(1000)]
    public void AMapOfAnotherLengthIsRefused(int length) => Assert.Throws<ArgumentException>(() => new EdgeCoverage(new byte[length]));
}
