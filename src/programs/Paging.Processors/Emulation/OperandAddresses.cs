namespace Paging.Processors.Emulation;

//   prefixes │ 0F │ opcode │ ModRM: mod reg r/m │ SIB: scale index base │ displacement
/// <summary>
/// The addresses near which an instruction can access memory: its operand, the stack, and the pointers of string instructions.
/// </summary>
/// <remarks>
/// The lengths of operands are not decoded: a caller that knows the last twelve bits of an access finds it near one of these. Intel SDM 2,
/// chapter 2 and appendix A. 16-bit addressing gives no operand.
/// </remarks>
internal static class OperandAddresses
{
    /// <summary>The largest number of addresses.</summary>
    public const int CountMax = 8;

    private const byte OperandSize = 0x66, AddressSize = 0x67, SegmentFs = 0x64, SegmentGs = 0x65, TwoBytes = 0x0F;

    /// <summary>Finds the addresses.</summary>
    /// <param name="code">The bytes of the instruction.</param>
    /// <param name="registers">The registers before the instruction.</param>
    /// <param name="segmentFs">The base address of FS.</param>
    /// <param name="segmentGs">The base address of GS.</param>
    /// <param name="found">At least <see cref="CountMax"/> places.</param>
    /// <returns>The number of addresses found.</returns>
    public static int Find(ReadOnlySpan<byte> code, in GuestRegisters registers, uint segmentFs, uint segmentGs, Span<uint> found)
    {
        uint segment = 0;
        int at = SkipPrefixes(code, ref segment, segmentFs, segmentGs, out bool isShort);
        int count = 0;
        if (at < code.Length && !isShort && TryOperand(code[at..], registers, out uint operand, out uint bitOffset))
        {
            found[count++] = operand + segment;
            found[count++] = operand + segment + bitOffset;
        }

        found[count++] = registers.Esp;
        found[count++] = registers.Ebp;
        found[count++] = registers.Esi + segment;
        found[count++] = registers.Edi;
        found[count++] = registers.Edi + segment;                             // maskmovq
        found[count++] = registers.Ebx + (registers.Eax & 0xFF) + segment;    // xlat
        return count;
    }

    private static int SkipPrefixes(ReadOnlySpan<byte> code, ref uint segment, uint segmentFs, uint segmentGs, out bool isShort)
    {
        isShort = false;
        for (int at = 0; ; at++)
        {
            if (at == code.Length) return at;
            switch (code[at])
            {
                case SegmentFs: segment = segmentFs; break;
                case SegmentGs: segment = segmentGs; break;
                case AddressSize: isShort = true; break;
                case OperandSize or 0xF0 or 0xF2 or 0xF3 or 0x2E or 0x36 or 0x3E or 0x26: break;
                default: return at;
            }
        }
    }

    /// <summary>The operand of ModRM or a plain offset, moved by a bit number in a register for bt and its like.</summary>
    private static bool TryOperand(ReadOnlySpan<byte> code, in GuestRegisters registers, out uint operand, out uint bitOffset)
    {
        (operand, bitOffset) = (0, 0);
        byte opcode = code[0];
        if (opcode is >= 0xA0 and <= 0xA3) return TryWord(code[1..], out operand);
        int at = 1;
        bool isBitTest = false;
        if (opcode == TwoBytes)
        {
            if (code.Length < 3) return false;
            opcode = code[1];
            isBitTest = opcode is 0xA3 or 0xAB or 0xB3 or 0xBB;
            at = opcode is 0x38 or 0x3A ? 3 : 2;
            if (!HasModAfterEscape(opcode)) return false;
        }
        else if (!HasMod(opcode))
        {
            return false;
        }

        if (at >= code.Length || !TryEffective(code[at..], registers, out operand)) return false;
        if (isBitTest) bitOffset = (uint)(((int)Register(registers, (code[at] >> 3) & 7) >> 5) * sizeof(uint));
        return true;
    }

    private static bool HasMod(byte opcode) => opcode switch
    {
        < 0x40 => (opcode & 7) < 4,
        0x62 or 0x63 or 0x69 or 0x6B => true,
        >= 0x80 and <= 0x8F => true,
        0xC0 or 0xC1 or >= 0xC4 and <= 0xC7 or >= 0xD0 and <= 0xD3 or >= 0xD8 and <= 0xDF => true,
        0xF6 or 0xF7 or 0xFE or 0xFF => true,
        _ => false,
    };

    private static bool HasModAfterEscape(byte opcode) => opcode switch
    {
        >= 0x04 and <= 0x0B or >= 0x30 and <= 0x37 or 0x77 or >= 0x80 and <= 0x8F => false,
        >= 0xA0 and <= 0xA2 or >= 0xA8 and <= 0xAA or >= 0xC8 and <= 0xCF => false,
        _ => true,
    };

    private static bool TryEffective(ReadOnlySpan<byte> code, in GuestRegisters registers, out uint address)
    {
        address = 0;
        int mode = code[0] >> 6, place = code[0] & 7, at = 1;
        if (mode == 3) return false;    // a register
        bool isAbsolute = mode == 0 && place == 5;
        if (place == 4)
        {
            if (code.Length < 2) return false;
            int scale = code[1] >> 6, index = (code[1] >> 3) & 7, origin = code[1] & 7;
            if (index != 4) address = Register(registers, index) << scale;
            isAbsolute = mode == 0 && origin == 5;
            if (!isAbsolute) address += Register(registers, origin);
            at = 2;
        }
        else if (!isAbsolute)
        {
            address = Register(registers, place);
        }

        if (isAbsolute || mode == 2)
        {
            if (!TryWord(code[at..], out uint displacement)) return false;
            address += displacement;
        }
        else if (mode == 1)
        {
            if (at >= code.Length) return false;
            address += (uint)(sbyte)code[at];
        }

        return true;
    }

    private static bool TryWord(ReadOnlySpan<byte> code, out uint word)
    {
        word = code.Length >= sizeof(uint) ? System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(code) : 0;
        return code.Length >= sizeof(uint);
    }

    private static uint Register(in GuestRegisters registers, int number) => number switch
    {
        0 => registers.Eax,
        1 => registers.Ecx,
        2 => registers.Edx,
        3 => registers.Ebx,
        4 => registers.Esp,
        5 => registers.Ebp,
        6 => registers.Esi,
        _ => registers.Edi,
    };
}
