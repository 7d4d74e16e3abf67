using Paging.Native;
using Paging.Processors;

namespace Paging.Guest.Checking;

/// <summary>Answers one call of the allocator, and returns to the program. Source: malloc(3), posix_memalign(3).</summary>
internal sealed class HeapAnswer(CheckedMemory memory, CheckedTask task, MemoryReports reports)
{
    private const uint NoMemory = 12, InvalidArgument = 22;    // posix_memalign returns its error

    private CallStack _at;

    /// <summary>Answers the call whose first instruction is next.</summary>
    /// <param name="call">The function.</param>
    /// <param name="registers">The program's registers; afterwards those after the function's return.</param>
    public void Answer(HeapCall call, ref GuestRegisters registers)
    {
        uint returnAddress = Argument(registers, 0);
        _at = task.StackOfCaller(new(returnAddress));
        (uint first, uint second, uint third) = (Argument(registers, 1), Argument(registers, 2), Argument(registers, 3));
        registers.Eax = call switch
        {
            HeapCall.Allocate => Allocate(first),
            HeapCall.AllocateZeroed => AllocateZeroed(first, second),
            HeapCall.Reallocate => Reallocate(first, second),
            HeapCall.ReallocateArray => Product(second, third) is { } length ? Reallocate(first, length) : 0,
            HeapCall.AllocateAligned => Allocate(second, first),
            HeapCall.AllocateAlignedTo => AllocateTo(new(first), second, third),
            HeapCall.AllocatePageAligned => Allocate(first, VirtualAddress.PageSize),
            HeapCall.AllocateWholePages => Allocate(PageCount.Covering(first).Value << VirtualAddress.PageShift, VirtualAddress.PageSize),
            HeapCall.UsableSize => memory.Heap.Find(new(first))?.ByteLength ?? 0,
            _ => Free(first),
        };
        (registers.Eip, registers.Esp) = (returnAddress, registers.Esp + sizeof(uint));
        foreach (Iced.Intel.Register register in (ReadOnlySpan<Iced.Intel.Register>)
            [Iced.Intel.Register.EAX, Iced.Intel.Register.ECX, Iced.Intel.Register.EDX]) task.Registers[register] = 0;
        task.Registers.Update();
    }

    private uint Argument(in GuestRegisters registers, uint index)
    {
        _ = memory.Space.Mmu.TryRead(new(registers.Esp + (index * sizeof(uint))), out uint word);
        return word;
    }

    private uint Allocate(uint byteLength, uint alignment = 1) =>
        memory.Heap.Allocate(byteLength, RoundedUp(alignment), _at)?.Start.Value ?? 0;

    private uint AllocateZeroed(uint count, uint each)
    {
        if (Product(count, each) is not { } byteLength) return 0;
        uint start = Allocate(byteLength);
        if (start != 0) _ = memory.Space.Mmu.Fill(new(start), byteLength, 0, out _);
        return start;
    }

    private uint AllocateTo(VirtualAddress place, uint alignment, uint byteLength)
    {
        if (alignment % sizeof(uint) != 0 || RoundedUp(alignment) != alignment) return InvalidArgument;    // posix_memalign(3)
        uint start = Allocate(byteLength, alignment);
        if (start == 0) return NoMemory;
        _ = memory.Space.Mmu.TryWrite(place, start);
        return 0;
    }

    private uint Reallocate(uint old, uint byteLength)
    {
        if (old == 0) return Allocate(byteLength);
        if (memory.Heap.Find(new(old)) is not { } block)
        {
            Free(old);    // which reports it
            return 0;
        }

        if (byteLength == 0) return Free(old);    // as glibc does
        if (memory.Heap.Allocate(byteLength, 1, _at) is not { } moved) return 0;
        Copy(block.Start, moved.Start, Math.Min(byteLength, block.ByteLength));
        memory.Heap.Free(block, _at);
        return moved.Start.Value;
    }

    /// <summary>Copies bytes with their uninitialized bits.</summary>
    private void Copy(VirtualAddress from, VirtualAddress to, uint byteLength)
    {
        Span<byte> bytes = stackalloc byte[4096];
        for (uint done = 0; done < byteLength; done += (uint)bytes.Length)
        {
            Span<byte> part = bytes[..(int)Math.Min(byteLength - done, (uint)bytes.Length)];
            _ = memory.Space.Mmu.CopyOut(from + done, part, out _);
            _ = memory.Space.Mmu.CopyIn(to + done, part, out _);
        }

        uint at = 0;
        while (at < byteLength && memory.Shadow.TryFind(from + at, byteLength - at, alsoUninitialized: true, out VirtualAddress bad))
        {
            at = bad.Value - from.Value;
            memory.StoreBits(to + at, 1, memory.BitsAt(bad, 1));
            at++;
        }
    }

    private uint Free(uint start)
    {
        if (start == 0) return 0;
        VirtualAddress at = new(start);
        if (memory.Heap.Find(at) is { } block) memory.Heap.Free(block, _at);
        else reports.Add(MemoryErrorKind.InvalidFree, $"free of {at}, where no block begins", _at, at, memory);
        return 0;
    }

    private static uint? Product(uint count, uint each) => (ulong)count * each is var product and <= uint.MaxValue ? (uint)product : null;

    private static uint RoundedUp(uint alignment) => System.Numerics.BitOperations.RoundUpToPowerOf2(Math.Max(alignment, 1));
}
