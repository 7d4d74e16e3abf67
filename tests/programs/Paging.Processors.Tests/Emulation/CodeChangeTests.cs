using Paging.Core;
using Paging.Native;
using Paging.Processors.DirectExecution;

namespace Paging.Processors.Tests;

/// <summary>Translated code of a frame is not executed once the frame holds other bytes, written by the guest or by the host.</summary>
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

    private const int Pitch = 67, SlotCount = 240;

    private static readonly VirtualAddress Slots = Machine.Code + 4096;

    // From [esi] to [ecx]; mov eax,imm (B8) lies in the slots.
    public static TheoryData<string, byte[]> Stores => new()
    {
        { "movb", [0x8A, 0x06, 0x88, 0x01] },
        { "movw", [0x66, 0x8B, 0x06, 0x66, 0x89, 0x01] },
        { "movl", [0x8B, 0x06, 0x89, 0x01] },
        { "xchgl", [0x8B, 0x06, 0x87, 0x01] },
        { "xaddl", [0x8B, 0x06, 0x2B, 0x01, 0x0F, 0xC1, 0x01] },
        { "pushl", [0x89, 0xE2, 0x8D, 0x61, 0x04, 0xFF, 0x36, 0x89, 0xD4] },
        { "movq", [0xF3, 0x0F, 0x7E, 0x06, 0x66, 0x0F, 0xD6, 0x01] },
        { "movq of MMX", [0x0F, 0x6F, 0x06, 0x0F, 0x7F, 0x01, 0x0F, 0x77] },
        { "fistpll", [0xDF, 0x2E, 0xDF, 0x39] },
        { "cmpxchg8b", [0x89, 0xCF, 0x8B, 0x1E, 0x8B, 0x4E, 0x04, 0x8B, 0x07, 0x8B, 0x57, 0x04, 0x0F, 0xC7, 0x0F] },
        { "movdqu", [0xF3, 0x0F, 0x6F, 0x06, 0xF3, 0x0F, 0x7F, 0x01] },
        { "rep movsb", [0x89, 0xCF, 0xB9, 7, 0, 0, 0, 0xF3, 0xA4] },
        { "rep movsl", [0x89, 0xCF, 0xB9, 3, 0, 0, 0, 0xF3, 0xA5] },
    };

    /// <summary>Stores at page borders and elsewhere, one or two before slots are called, as the host's processor does them.</summary>
    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Stores))]
    public void StoresOfAllWidthsReachTheCodeOnBothSidesOfABorder(string name, byte[] store)
    {
        using Machine machine = new();
        List<uint> results = PatchAndCall(machine, store);
        if (!DirectExecution.DirectProcessor.IsAvailable(out _)) return;
        using Machine host = new(isDirect: true);
        Assert.True(results.SequenceEqual(PatchAndCall(host, store)), name);
    }

    private static List<uint> PatchAndCall(Machine machine, byte[] store)
    {
        Random random = new(1);
        machine.Load([.. store, 0xCD, 0x80]);
        for (int slot = 0; slot < SlotCount; slot++) machine.Load(Returning((byte)slot), SlotAt(slot));
        List<uint> results = [];
        for (int slot = 0; slot < SlotCount; slot++) results.Add(Call(machine, slot));
        for (int step = 0; step < 120; step++)
        {
            int slot = step % 2 == 0 ? (random.Next(1, 4) * 4096 / Pitch) : random.Next(1, SlotCount - 1);
            for (int count = random.Next(1, 3); count > 0; count--) Patch(machine, SlotAt(slot) + (uint)random.Next(4) - 7, random);
            Patch(machine, SlotAt(random.Next(1, SlotCount - 1)) - (uint)random.Next(12), random);
            foreach (int called in new[] { slot, slot + 1, slot - 1, random.Next(SlotCount) }) results.Add(Call(machine, called));
        }

        for (int slot = 0; slot < SlotCount; slot++) results.Add(Call(machine, slot));
        return results;
    }

    private static VirtualAddress SlotAt(int slot) => Slots + (uint)(slot * Pitch);

    /// <summary>Only immediates change.</summary>
    private static void Patch(Machine machine, VirtualAddress at, Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        machine.Process.Memory.Mmu.CopyOut(at, bytes, out _);
        for (int i = 0; i < bytes.Length; i++)
        {
            int inSlot = (int)(at.Value + (uint)i - Slots.Value) % Pitch;
            if (inSlot is >= 1 and <= 4 && at.Value + (uint)i < SlotAt(SlotCount).Value) bytes[i] = (byte)random.Next(256);
        }

        Assert.Equal(bytes.Length, machine.Process.Memory.Mmu.CopyIn(Machine.Data, bytes, out _));
        (machine.Registers.Ecx, machine.Registers.Esi, machine.Registers.Eip) = (at.Value, Machine.Data.Value, Machine.Code.Value);
        Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
    }

    private static uint Call(Machine machine, int slot)
    {
        machine.Registers.Eip = SlotAt(slot).Value;
        Assert.Equal(ProcessorExitKind.SystemCall, machine.AnyProcessor.Run().Kind);
        uint holds = machine.Process.Memory.Mmu.Read<uint>(SlotAt(slot) + 1);
        Assert.Equal(holds, machine.Registers.Eax);
        return holds;
    }

    [Fact]
    public void AnInstructionThatPushesFlagsIntoItsOwnPagePushesTheProgramsFlags()
    {
        using Machine machine = new();
        machine.Load([0x9C, 0x58, 0xCD, 0x80]);    // pushf; pop eax; int 80
        machine.Registers.Esp = Machine.Code.Value + 2048;
        for (int round = 0; round < 3; round++) Assert.Equal(0u, Result(machine, Machine.Code) & 0x100);
    }

    [Fact]
    public void AStringStoreOverItsOwnPageGoesOn()
    {
        using Machine machine = new();
        machine.Load([0xB9, 0x64, 0, 0, 0, 0xBF, 0, 5, 0x40, 0, 0xB0, 0x55, 0xF3, 0xAA, 0x89, 0xF8, 0xCD, 0x80]);    // rep stosb, 100 bytes
        for (int round = 0; round < 3; round++) Assert.Equal(0x0040_0564u, Result(machine, Machine.Code));
        Assert.Equal(0x55, machine.Process.Memory.Mmu.Read<byte>(new VirtualAddress(0x0040_0563)));
    }

    [Fact]
    public void AnotherMappingOfTheFrameIsWritten()
    {
        using Machine machine = new();
        using GuestFile file = machine.Engine.Files.CreateMemoryFile("code", 8192);
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
            Assert.Equal(Errno.None, machine.Process.FileDescriptors.Write(descriptor, 1, [(byte)(value + 100)], out _));
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
        while (first.Value < 0xC_0010 && machine.Engine.Frames.TryTake(10, out first)) taken++;
        Assert.True(first.Value is >= 0xC_0000 and < 0xC_0800, $"{taken} blocks, the last at {first.Value:x}");
        machine.Engine.Frames.Return(first, 10);
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
