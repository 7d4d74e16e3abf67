using System.Runtime.InteropServices;
using Iced.Intel;
using Paging.Processors;

namespace Paging.Guest.Checking;

/// <summary>The operands of an executed instruction: their bad bits, and their values if known.</summary>
internal sealed class Operands(CheckedTask task)
{
    private CheckedMemory _memory = null!;
    private GuestAccess? _load, _store;

    private UninitializedRegisters Registers => task.Registers;

    /// <summary>The bad bits of the instruction's first load.</summary>
    public UInt128 Loaded { get; private set; }

    /// <summary>Begins with the last executed instruction, before its stores are followed.</summary>
    public void Begin(CheckedMemory memory)
    {
        (_memory, _load, _store) = (memory, null, null);
        foreach (GuestAccess access in task.Accesses)
        {
            if (access.Kind is GuestAccessKind.Load or GuestAccessKind.Modify) _load ??= access;
            if (access.Kind is GuestAccessKind.Store or GuestAccessKind.Modify) _store ??= access;
        }

        Loaded = _load is { } load && !memory.EndsString(load.Address, load.ByteLength)
            ? memory.BitsAt(load.Address, Math.Min(load.ByteLength, 16)) : 0;
        if (Loaded != 0) Registers.Origin = memory.OriginOf(_load!.Value.Address + (uint)(UInt128.TrailingZeroCount(Loaded) / 8));
    }

    /// <summary>Returns the width of an operand in bits.</summary>
    public static int WidthOf(in Instruction instruction, int operand) => instruction.GetOpKind(operand) switch
    {
        OpKind.Register => instruction.GetOpRegister(operand).GetSize() * 8,
        OpKind.Memory => instruction.MemorySize.GetSize() * 8,
        _ => 32,
    };

    /// <summary>The bad bits of an operand; none of an immediate one.</summary>
    public UInt128 Bits(in Instruction instruction, int operand) => instruction.GetOpKind(operand) switch
    {
        OpKind.Register => Registers[instruction.GetOpRegister(operand)],
        OpKind.Memory or OpKind.MemorySegSI or OpKind.MemorySegESI or OpKind.MemoryESEDI => Loaded,
        _ => 0,
    };

    /// <summary>The value of an operand before the instruction. Returns false if it is not known.</summary>
    public bool TryValue(in Instruction instruction, int operand, out UInt128 value)
    {
        value = 0;
        switch (instruction.GetOpKind(operand))
        {
            case OpKind.Register:
                return Registers.TryValue(instruction.GetOpRegister(operand), out value);
            case OpKind.Memory when _load is { Kind: GuestAccessKind.Load, ByteLength: <= 16 } load:    // a modified one has its new value
                Span<byte> bytes = stackalloc byte[16];
                bytes.Clear();
                if (_memory.Space.Mmu.CopyOut(load.Address, bytes[..load.ByteLength], out _) != load.ByteLength) return false;
                value = MemoryMarshal.Read<UInt128>(bytes);
                return true;
            case OpKind.Immediate8 or OpKind.Immediate16 or OpKind.Immediate32 or OpKind.Immediate8to16 or OpKind.Immediate8to32:
                value = instruction.GetImmediate(operand) & uint.MaxValue;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Stores the bad bits of a written operand.</summary>
    public void Write(in Instruction instruction, int operand, UInt128 bits)
    {
        if (instruction.GetOpKind(operand) == OpKind.Register) Registers[instruction.GetOpRegister(operand)] = bits;
        else StoreFirst(bits);
    }

    /// <summary>Stores the bad bits of the first store.</summary>
    public void StoreFirst(UInt128 bits)
    {
        if (_store is { } store) StoreAt(store, bits);
    }

    /// <summary>Copies loads to stores in pairs, as string instructions do.</summary>
    public void CopyPairs()
    {
        for (int i = 0; i + 1 < task.Accesses.Count; i++)
        {
            (GuestAccess from, GuestAccess to) = (task.Accesses[i], task.Accesses[i + 1]);
            if (from.Kind != GuestAccessKind.Load || to.Kind != GuestAccessKind.Store) continue;
            StoreAt(to, _memory.BitsAt(from.Address, Math.Min(from.ByteLength, 16)));
        }
    }

    /// <summary>Stores the same bad bits with every store.</summary>
    public void StoreEach(UInt128 bits)
    {
        foreach (GuestAccess access in task.Accesses)
            if (access.Kind is GuestAccessKind.Store or GuestAccessKind.Modify) StoreAt(access, bits);
    }

    private void StoreAt(in GuestAccess store, UInt128 bits)
    {
        if (bits != 0) _memory.NoteOrigin(store.Address + (uint)(UInt128.TrailingZeroCount(bits) / 8), Registers.Origin);
        _memory.StoreBits(store.Address, store.ByteLength, bits);
    }
}
