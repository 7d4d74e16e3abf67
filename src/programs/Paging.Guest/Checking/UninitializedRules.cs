using Iced.Intel;

namespace Paging.Guest.Checking;

/// <summary>
/// The propagation of bad bits through an instruction: bit by bit for integers, and for the vector instructions of string functions.
/// </summary>
/// <remarks>
/// An integer instruction without a rule makes all its results bad if an operand is bad; one of the vector or floating-point units makes
/// them good, to avoid false reports. Source: Nethercote and Seward, "Valgrind: A Framework for
/// Heavyweight Dynamic Binary Instrumentation" and "How to Shadow Every Byte of Memory Used by a Program"; Intel SDM 2.
/// </remarks>
internal sealed class UninitializedRules(CheckedTask task)
{
    private readonly Operands _operands = new(task);
    private readonly VectorRules _vectors = new(task);
    private readonly InstructionInfoFactory _info = new();

    private UninitializedRegisters Registers => task.Registers;

    /// <summary>Returns true if the branch, set or conditional move of a condition depends on bad bits.</summary>
    public bool DependsOnBadFlags(ConditionCode condition) => condition switch
    {
        ConditionCode.None => false,
        ConditionCode.e or ConditionCode.ne => Registers.ZeroFlag,
        ConditionCode.be or ConditionCode.a or ConditionCode.le or ConditionCode.g => Registers.ZeroFlag || Registers.OtherFlags,
        _ => Registers.OtherFlags,
    };

    /// <summary>Returns true if the instruction computes an address from bad bits.</summary>
    public bool UsesBadAddress(in Instruction instruction)
    {
        if (instruction.Mnemonic == Mnemonic.Lea) return false;    // it computes, and accesses nothing
        if (instruction.FlowControl is FlowControl.IndirectBranch or FlowControl.IndirectCall && instruction.Op0Kind == OpKind.Register
            && Registers[instruction.Op0Register] != 0) return true;
        return (instruction.MemoryBase != Register.None && Registers[instruction.MemoryBase] != 0)
            || (instruction.MemoryIndex != Register.None && Registers[instruction.MemoryIndex] != 0);
    }

    /// <summary>Propagates the bad bits through the last executed instruction.</summary>
    public void Apply(in Instruction instruction, CheckedMemory memory)
    {
        _operands.Begin(memory);
        if (!_vectors.TryApply(instruction, _operands) && !TryCopy(instruction) && !TryCompute(instruction)) ApplyDefault(instruction);
        Registers.Update();
    }

    /// <summary>Instructions that move bits without changing them.</summary>
    private bool TryCopy(in Instruction i)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Mov or Mnemonic.Movzx:
                _operands.Write(i, 0, _operands.Bits(i, 1));
                return true;
            case Mnemonic.Movsx:
                _operands.Write(i, 0, Extended(_operands.Bits(i, 1), Operands.WidthOf(i, 1)));
                return true;
            case Mnemonic.Push:
                _operands.StoreFirst(_operands.Bits(i, 0));
                return true;
            case Mnemonic.Pop:
                _operands.Write(i, 0, _operands.Loaded);
                return true;
            case Mnemonic.Leave:
                Registers[Register.EBP] = _operands.Loaded;
                return true;
            case Mnemonic.Call or Mnemonic.Ret or Mnemonic.Jmp or Mnemonic.Nop or Mnemonic.Endbr32:
                _operands.StoreFirst(0);
                return true;
            case Mnemonic.Xchg:
                (UInt128 first, UInt128 second) = (_operands.Bits(i, 0), _operands.Bits(i, 1));
                _operands.Write(i, 0, second);
                _operands.Write(i, 1, first);
                return true;
            case Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd when i.Op0Kind != OpKind.Register && i.Op1Kind != OpKind.Register:
                _operands.CopyPairs();
                return true;
            case Mnemonic.Stosb or Mnemonic.Stosw or Mnemonic.Stosd:
                _operands.StoreEach(Registers[i.Op1Register]);
                return true;
            case Mnemonic.Lodsb or Mnemonic.Lodsw or Mnemonic.Lodsd:
                Registers[i.Op0Register] = _operands.Loaded;
                return true;
            case Mnemonic.Bswap:
                Registers[i.Op0Register] = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)Registers[i.Op0Register]);
                return true;
            case Mnemonic.Cwde:
                Registers[Register.EAX] = Extended(Registers[Register.AX], 16);
                return true;
            case Mnemonic.Cbw:
                Registers[Register.AX] = Extended(Registers[Register.AL], 8);
                return true;
            case Mnemonic.Cdq:
                Registers[Register.EDX] = (Registers[Register.EAX] >> 31) != 0 ? uint.MaxValue : UInt128.Zero;
                return true;
            default:
                return TryConditional(i);
        }
    }

    private bool TryConditional(in Instruction i)
    {
        if (i.ConditionCode == ConditionCode.None) return false;
        bool isBad = DependsOnBadFlags(i.ConditionCode);
        if (i.Mnemonic is >= Mnemonic.Seta and <= Mnemonic.Sets && i.OpCount == 1 && i.FlowControl == FlowControl.Next)
        {
            _operands.Write(i, 0, isBad ? UInt128.One : UInt128.Zero);
            return true;
        }

        if (i.FlowControl == FlowControl.ConditionalBranch) return true;
        if (i.OpCount != 2) return false;
        bool isTaken = Registers.HasValues && FlagConditions.Holds(i.ConditionCode, Registers.Values.Eflags);
        if (isBad) Registers[i.Op0Register] = uint.MaxValue;
        else if (isTaken || !Registers.HasValues) Registers[i.Op0Register] = _operands.Bits(i, 1);
        return true;
    }

    /// <summary>Integer arithmetic and logic.</summary>
    private bool TryCompute(in Instruction i)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Lea:
                UInt128 at = i.MemoryBase == Register.None ? 0 : Registers[i.MemoryBase];
                if (i.MemoryIndex != Register.None) at |= Registers[i.MemoryIndex] * (uint)i.MemoryIndexScale;
                Registers[i.Op0Register] = Carried(at);
                return true;
            case Mnemonic.Xor or Mnemonic.Sub when IsOneRegister(i):    // the idiom for 0: good whatever was there
                Registers[i.Op0Register] = 0;
                (Registers.ZeroFlag, Registers.OtherFlags) = (false, false);
                return true;
            case Mnemonic.Xor or Mnemonic.Or or Mnemonic.And or Mnemonic.Test:
                Logic(i);
                return true;
            case Mnemonic.Not:
                _operands.Write(i, 0, _operands.Bits(i, 0));
                return true;
            case Mnemonic.Cmp:
                Compare(i);
                return true;
            case Mnemonic.Sub:
                Compare(i);
                _operands.Write(i, 0, Carried(_operands.Bits(i, 0) | _operands.Bits(i, 1)));
                return true;
            case Mnemonic.Add or Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Neg:
                UInt128 sum = Carried(_operands.Bits(i, 0) | (i.OpCount > 1 ? _operands.Bits(i, 1) : 0));
                _operands.Write(i, 0, sum);
                SetFlags(sum != 0);
                return true;
            case Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror:
                Shift(i);
                return true;
            case Mnemonic.Bsf or Mnemonic.Tzcnt:
                FindBit(i);
                return true;
            case Mnemonic.Bt:
                UInt128 tested = _operands.Bits(i, 0);
                Registers.OtherFlags = _operands.TryValue(i, 1, out UInt128 bit) ? ((tested >> (int)(bit & 31)) & 1) != 0 : tested != 0;
                return true;
            default:
                return false;
        }
    }

    private static bool IsOneRegister(in Instruction i) =>
        i.Op0Kind == OpKind.Register && i.Op1Kind == OpKind.Register && i.Op0Register == i.Op1Register;

    /// <summary>A good zero makes the bit of an AND good, a good one that of an OR.</summary>
    private void Logic(in Instruction i)
    {
        (UInt128 first, UInt128 second) = (_operands.Bits(i, 0), _operands.Bits(i, 1));
        bool hasFirst = _operands.TryValue(i, 0, out UInt128 a), hasSecond = _operands.TryValue(i, 1, out UInt128 b);
        UInt128 bad = first | second;
        bool hasGoodOne = false;
        if (i.Mnemonic is Mnemonic.And or Mnemonic.Test)
        {
            if (hasFirst) bad &= first | a;      // a good 0 in the first operand
            if (hasSecond) bad &= second | b;
            hasGoodOne = hasFirst && hasSecond && (a & b & ~bad) != 0;
        }
        else if (i.Mnemonic == Mnemonic.Or)
        {
            if (hasFirst) bad &= first | ~a;
            if (hasSecond) bad &= second | ~b;
            hasGoodOne = (hasFirst && (a & ~first) != 0) || (hasSecond && (b & ~second) != 0);
        }

        int width = Operands.WidthOf(i, 0);
        bad &= (UInt128.One << width) - 1;
        Registers.ZeroFlag = bad != 0 && !hasGoodOne;
        Registers.OtherFlags = ((bad >> (width - 1)) & 1) != 0;    // the sign; carry and overflow are 0
        if (i.Mnemonic != Mnemonic.Test) _operands.Write(i, 0, bad);
    }

    /// <summary>Good bits that differ decide whether two values are equal; if all bad bits lie below them, also which is less.</summary>
    private void Compare(in Instruction i)
    {
        UInt128 bad = _operands.Bits(i, 0) | _operands.Bits(i, 1);
        if (bad == 0 || !_operands.TryValue(i, 0, out UInt128 a) || !_operands.TryValue(i, 1, out UInt128 b))
        {
            SetFlags(bad != 0);
            return;
        }

        int width = Operands.WidthOf(i, 0);
        UInt128 differing = (a ^ b) & ~bad & ((UInt128.One << width) - 1);
        Registers.ZeroFlag = differing == 0;
        Registers.OtherFlags = differing == 0 || UInt128.Log2(differing) < UInt128.Log2(bad);
    }

    private void Shift(in Instruction i)
    {
        int width = Operands.WidthOf(i, 0);
        UInt128 bad = _operands.Bits(i, 0), all = (UInt128.One << width) - 1;
        bool isKnown = _operands.TryValue(i, 1, out UInt128 value) && _operands.Bits(i, 1) == 0;
        int count = (int)(value & 31);    // the processor uses five bits (SDM 2B, SAL/SAR/SHL/SHR)
        if (isKnown && count == 0) return;    // the flags stay as well
        UInt128 moved = !isKnown ? (bad | _operands.Bits(i, 1)) == 0 ? 0 : all : i.Mnemonic switch
        {
            Mnemonic.Shl => bad << count,
            Mnemonic.Shr => bad >> count,
            Mnemonic.Sar => Extended(bad >> count, Math.Max(width - count, 1)),    // copies of the sign are as bad as it is
            Mnemonic.Rol => (bad << (count % width)) | (bad >> (width - (count % width))),
            _ => (bad >> (count % width)) | (bad << (width - (count % width))),
        };
        _operands.Write(i, 0, moved & all);
        SetFlags(moved != 0);
    }

    /// <summary>The lowest set bit is known if no bad bit lies below it.</summary>
    private void FindBit(in Instruction i)
    {
        UInt128 bad = _operands.Bits(i, 1);
        UInt128 good = _operands.TryValue(i, 1, out UInt128 value) ? value & ~bad : 0;
        bool isKnown = bad == 0 || (good != 0 && UInt128.TrailingZeroCount(good) < UInt128.TrailingZeroCount(bad));
        Registers[i.Op0Register] = isKnown ? 0 : uint.MaxValue;
        (Registers.ZeroFlag, Registers.OtherFlags) = (bad != 0 && good == 0, !isKnown);
    }

    private void ApplyDefault(in Instruction i)
    {
        InstructionInfo info = _info.GetInfo(i);
        bool isFloating = IsFloating(i);
        bool isBad = _operands.Loaded != 0 && !isFloating;
        foreach (UsedRegister used in info.GetUsedRegisters())
            isBad |= used.Access is OpAccess.Read or OpAccess.ReadWrite or OpAccess.CondRead or OpAccess.ReadCondWrite
                && used.Register.IsGPR() && Registers[used.Register] != 0;
        foreach (UsedRegister used in info.GetUsedRegisters())
            if (used.Access is OpAccess.Write or OpAccess.ReadWrite && used.Register is not Register.ESP)
                Registers[used.Register] = isBad && used.Register.IsGPR() ? uint.MaxValue : UInt128.Zero;
        if (i.RflagsModified != RflagsBits.None) SetFlags(isBad && !isFloating);
        _operands.StoreEach(isBad && !isFloating ? UInt128.MaxValue : 0);
    }

    /// <summary>The x87 and MMX units, and vectors without a rule, whose bits are not followed.</summary>
    private static bool IsFloating(in Instruction i)
    {
        foreach (CpuidFeature feature in i.CpuidFeatures)
            if (feature is >= CpuidFeature.INTEL8086 and <= CpuidFeature.INTEL486 or CpuidFeature.CMOV or CpuidFeature.BMI1) return false;
        return true;
    }

    private void SetFlags(bool isBad) => (Registers.ZeroFlag, Registers.OtherFlags) = (isBad, isBad);

    /// <summary>A carry may change every bit above a bad one.</summary>
    private static UInt128 Carried(UInt128 bad) => bad | (~bad + 1);

    /// <summary>Copies the topmost of so many bits upwards.</summary>
    private static UInt128 Extended(UInt128 bad, int width) =>
        ((bad >> (width - 1)) & 1) == 0 ? bad : bad | ~((UInt128.One << width) - 1);
}
