using Iced.Intel;

namespace Paging.Guest.Checking;

/// <summary>Bad bits in vector registers: moves, and searches for a byte among sixteen.</summary>
/// <remarks>
/// strlen(3) and its like load whole vectors beyond the end of a string, and compare, combine and test them. Their results are good: a good
/// zero is the least byte, and a good bit below the bad ones is the lowest.
/// </remarks>
internal sealed class VectorRules(CheckedTask task)
{
    private const int VectorBits = 128;    // an XMM register

    private UninitializedRegisters Registers => task.Registers;

    /// <summary>
    /// Propagates the bad bits through a vector instruction. Returns false for other instructions and those without a rule.
    /// </summary>
    public bool TryApply(in Instruction i, Operands operands)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Movaps or Mnemonic.Movups or Mnemonic.Movapd or Mnemonic.Movupd or Mnemonic.Movdqa or Mnemonic.Movdqu
                or Mnemonic.Lddqu or Mnemonic.Movntdq or Mnemonic.Movntps or Mnemonic.Movd or Mnemonic.Movq or Mnemonic.Movntdqa:
                operands.Write(i, 0, operands.Bits(i, 1) & MaskOf(i));
                return true;
            case Mnemonic.Movss or Mnemonic.Movsd when i.Op0Kind == OpKind.Register || i.Op1Kind == OpKind.Register:
                MoveScalar(i, operands, i.Mnemonic == Mnemonic.Movss ? 32 : 64);
                return true;
            case Mnemonic.Pxor or Mnemonic.Xorps or Mnemonic.Xorpd:
                bool isZero = i.Op1Kind == OpKind.Register && i.Op0Register == i.Op1Register;
                Registers[i.Op0Register] = isZero ? 0 : operands.Bits(i, 0) | operands.Bits(i, 1);
                return true;
            case Mnemonic.Por or Mnemonic.Orps:
                Registers[i.Op0Register] = operands.Bits(i, 0) | operands.Bits(i, 1);
                return true;
            case Mnemonic.Pcmpeqb or Mnemonic.Pcmpgtb:
                Registers[i.Op0Register] = Lanes(operands.Bits(i, 0) | operands.Bits(i, 1), 8);
                return true;
            case Mnemonic.Pcmpeqw or Mnemonic.Pcmpgtw:
                Registers[i.Op0Register] = Lanes(operands.Bits(i, 0) | operands.Bits(i, 1), 16);
                return true;
            case Mnemonic.Pcmpeqd or Mnemonic.Pcmpgtd:
                Registers[i.Op0Register] = Lanes(operands.Bits(i, 0) | operands.Bits(i, 1), 32);
                return true;
            case Mnemonic.Pminub:
                Registers[i.Op0Register] = Least(i, operands);
                return true;
            case Mnemonic.Pmovmskb:
                Registers[i.Op0Register] = Signs(operands.Bits(i, 1));
                return true;
            default:
                return false;
        }
    }

    private static UInt128 MaskOf(in Instruction i) => i.Mnemonic switch
    {
        Mnemonic.Movd => uint.MaxValue,
        Mnemonic.Movq => ulong.MaxValue,
        _ => UInt128.MaxValue,
    };

    private void MoveScalar(in Instruction i, Operands operands, int width)
    {
        UInt128 mask = (UInt128.One << width) - 1, moved = operands.Bits(i, 1) & mask;
        bool keepsRest = i.Op0Kind == OpKind.Register && i.Op1Kind == OpKind.Register;    // a load clears the rest (SDM 2B, MOVSS)
        operands.Write(i, 0, keepsRest ? (Registers[i.Op0Register] & ~mask) | moved : moved);
    }

    /// <summary>A lane is bad if one of its bits is.</summary>
    private static UInt128 Lanes(UInt128 bad, int width)
    {
        UInt128 lanes = 0, all = (UInt128.One << width) - 1;
        for (int at = 0; at < VectorBits; at += width)
            if (((bad >> at) & all) != 0) lanes |= all << at;
        return lanes;
    }

    private static UInt128 Least(in Instruction i, Operands operands)
    {
        (UInt128 first, UInt128 second) = (operands.Bits(i, 0), operands.Bits(i, 1));
        bool hasFirst = operands.TryValue(i, 0, out UInt128 a), hasSecond = operands.TryValue(i, 1, out UInt128 b);
        UInt128 bad = Lanes(first | second, 8);
        for (int at = 0; at < VectorBits; at += 8)
        {
            bool isZero = (hasFirst && ((a | first) >> at & 0xFF) == 0) || (hasSecond && ((b | second) >> at & 0xFF) == 0);
            if (isZero) bad &= ~((UInt128)0xFF << at);
        }

        return bad;
    }

    private static UInt128 Signs(UInt128 bad)
    {
        uint signs = 0;
        for (int lane = 0; lane < VectorBits / 8; lane++) signs |= (uint)((bad >> ((lane * 8) + 7)) & 1) << lane;
        return signs;
    }
}
