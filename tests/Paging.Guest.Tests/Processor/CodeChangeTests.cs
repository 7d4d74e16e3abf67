using Paging.Core;
using Paging.Guest.Processor;
using Paging.Native;

namespace Paging.Guest.Tests;

/// <summary>What was translated of a frame is not executed once the frame holds other bytes, written by the guest or by the host.</summary>
public sealed class CodeChangeTests
{
    private static byte[] Returning(byte value) => [0xB8, value, 0, 0, 0, 0xCD, 0x80];    // mov eax,value; int 80

    private static uint Result(Machine machine, VirtualAddress at)
    {
        machine.Registers.Eip = at.Value;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.Processor.Run().Kind);
        return machine.Registers.Eax;
    }

    [Fact]
    public void TheHostCopiesOtherCodeIntoThePage()
    {
        using Machine machine = new();
        for (byte value = 1; value < 20; value++)
        {
            machine.Load(Returning(value));
            Assert.Equal(value, Result(machine, Machine.Code));
        }
    }

    [Fact]
    public void TheHostStoresThroughItsCachedTranslation()
    {
        using Machine machine = new();
        machine.Load(Returning(1));
        for (byte value = 2; value < 20; value++)
        {
            machine.Process.Memory.Mmu.Write(Machine.Code + 1, value);
            Assert.Equal(value, Result(machine, Machine.Code));
        }
    }

    [Fact]
    public void TheProgramStoresIntoItsOwnCode()
    {
        using Machine machine = new();
        // inc byte [Code+9]; then: mov eax,0; int 80   with the constant at Code+7
        machine.Load([0xFE, 0x05, 0x07, 0x00, 0x40, 0x00, 0xB8, 0, 0, 0, 0, 0xCD, 0x80]);
        for (uint value = 1; value < 20; value++) Assert.Equal(value, Result(machine, Machine.Code));
    }

    [Fact]
    public void AnotherMappingOfTheFrameIsWritten()
    {
        using Machine machine = new();
        using GuestFile file = machine.Engine.CreateMemoryFile("code", 8192);
        int descriptor = Open(machine, file);
        VirtualAddress first = new(0x0060_0000), second = new(0x0061_0000);
        foreach (VirtualAddress at in new[] { first, second })
        {
            Assert.Equal(Errno.None, machine.Process.Memory.Map(at, 8192, MemoryProtection.ReadWrite | MemoryProtection.Execute,
                MapFlags.Shared | MapFlags.Fixed, descriptor, 0, out _));
        }

        machine.Load(Returning(1), first);
        machine.Load(Returning(1), second);
        for (byte value = 2; value < 10; value++)
        {
            machine.Process.Memory.Mmu.Write(second + 1, value);
            Assert.Equal(value, Result(machine, first));
            Assert.Equal(Errno.None, machine.Process.Files.Write(descriptor, 1, [(byte)(value + 100)], out _));
            Assert.Equal(value + 100u, Result(machine, first));
        }
    }

    [Fact]
    public void TheFrameIsFreedAndComesBackWithOtherCode()
    {
        using Machine machine = new();
        VirtualAddress at = new(0x0060_0000);
        for (byte value = 1; value < 20; value++)
        {
            Machine.Map(machine.Process, at, 4096);
            machine.Load(Returning(value), at);
            Assert.Equal(value, Result(machine, at));
            Assert.Equal(Errno.None, machine.Process.Memory.Unmap(at, 4096));
        }

        Assert.True(machine.Processor.Counters.DroppedFrames >= 18);
    }

    [Fact]
    public void AFrameAboveThreeGigabytesIsReachedToo()
    {
        using Machine machine = new(4UL << 30);
        uint taken = 0;
        FrameNumber first = default;
        while (first.Value < 0xC_0010 && machine.Engine.TryTakeFrames(10, out first)) taken++;
        Assert.True(first.Value is >= 0xC_0000 and < 0xC_0800, $"{taken} blocks, the last at {first.Value:x}");
        machine.Engine.ReturnFrames(first, 10);
        VirtualAddress at = new(0x0060_0000);
        Machine.Map(machine.Process, at, 8 << 20);
        for (uint page = 0; page < 2048; page += 64)
        {
            for (byte value = 1; value < 3; value++)
            {
                machine.Load(Returning(value), at + (page << 12));
                Assert.Equal(value, Result(machine, at + (page << 12)));
            }
        }
    }

    private static int Open(Machine machine, GuestFile file)
    {
        Assert.Equal(Errno.None, file.Open(machine.Process, FileRights.ReadWrite, out int descriptor));
        return descriptor;
    }
}
