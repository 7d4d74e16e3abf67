using System.Buffers.Binary;
using Paging.Bench.Harness;
using Paging.Core;
using Paging.Native;
using Paging.Processors;

namespace Paging.Bench.Operations.Guest;

/// <summary>
/// A program on our processor writes to pages that were never touched: the fault, the way to the engine and back, and the fault handler.
/// </summary>
internal sealed class GuestFirstTouch(GuestWorld guest, VirtualAddress start, uint byteLength) : Contender(Role.Engine,
    "a guest's store, page fault")
{
    private long _faultsBefore;

    public override void Prepare(int count)
    {
        guest.World.Discard(start, byteLength);
        Span<byte> code =
        [
            0xBF, 0, 0, 0, 0,                // mov edi, start
            0xB9, 0, 0, 0, 0,                // mov ecx, count
            0x89, 0x0F,                      // again: mov [edi], ecx
            0x81, 0xC7, 0x00, 0x10, 0, 0,    // add edi, 4096
            0x49, 0x75, 0xF5, 0xCD, 0x80,    // dec ecx; jnz again; int 80
        ];
        BinaryPrimitives.WriteUInt32LittleEndian(code[1..], start.Value);
        BinaryPrimitives.WriteInt32LittleEndian(code[6..], count);
        guest.Load(code);
        _faultsBefore = guest.Processor.Counters.PageFaults;
    }

    public override void Run(int count) => guest.RunToSystemCall();

    public override void Verify(int count) =>
        BrokenBenchmarkException.ThrowUnlessEqual("page faults", count, guest.Processor.Counters.PageFaults - _faultsBefore);
}

/// <summary>The engine's part of it: the same pages, touched by the host.</summary>
internal sealed class HostFirstTouch(GuestWorld guest, VirtualAddress start, uint byteLength) : Contender(Role.Reference,
    "Mmu.Write, page fault")
{
    public override void Prepare(int count) => guest.World.Discard(start, byteLength);

    public override void Run(int count)
    {
        Mmu mmu = guest.World.Mmu;
        for (uint i = 0; i < count; i++) mmu.Write(start + (i << 12), i);
    }
}

/// <summary>A program that does nothing but system calls.</summary>
internal sealed class GuestSystemCall(GuestWorld guest) : Contender(Role.Engine, "int 0x80 and back")
{
    public override void Prepare(int count) => guest.Load(0xCD, 0x80, 0xEB, 0xFC);    // again: int 80; jmp again

    public override void Run(int count)
    {
        ref GuestRegisters registers = ref guest.Context.Registers;
        for (int i = 0; i < count; i++)
        {
            guest.RunToSystemCall();
            registers.Eax = (uint)i;
        }
    }
}
