using Paging.Native;

namespace Paging.Processors.Tests;

/// <summary>A program that executes more code than the library has room for in translation ends like any other.</summary>
public sealed class CodeRoomTests
{
    private const int BlockBytes = 3, BlockCount = 30_000;    // translated, over 200 bytes each: with 16 MiB of RAM there is room for 4 MiB

    [Trait("Category", "Slow")]
    [Fact]
    public void CodeThatDoesNotFitIsTranslatedAgain()
    {
        using Machine machine = new(countsCode: false);
        VirtualAddress at = new(0x0100_0000);
        byte[] code = new byte[(BlockCount * BlockBytes) + 2];
        ReadOnlySpan<byte> block = [0x40, 0xEB, 0x00];    // inc eax; jmp next
        for (int i = 0; i < BlockCount; i++) block.CopyTo(code.AsSpan(i * BlockBytes));
        ((ReadOnlySpan<byte>)[0xCD, 0x80]).CopyTo(code.AsSpan(^2..));    // int 80
        Machine.Map(machine.Process, at, (uint)code.Length);
        machine.Load(code, at);
        machine.Registers.Eax = 0;
        for (uint pass = 1; pass <= 2; pass++)
        {
            machine.Registers.Eip = at.Value;
            ProcessorExit exit;
            do exit = machine.Processor.Run();
            while (exit.Kind == ProcessorExitKind.Stopped);
            Assert.Equal(ProcessorExitKind.SystemCall, exit.Kind);
            Assert.Equal(pass * BlockCount, machine.Registers.Eax);
        }
    }
}
