using System.Runtime.CompilerServices;
using Iced.Intel;
using Paging.Native;
using Paging.Processors;

namespace Paging.Guest.Checking;

/// <summary>The bits of a thread's registers that come from uninitialized bytes: a one is a bad bit.</summary>
/// <remarks>The registers of the x87 and MMX units are not followed.</remarks>
internal sealed class UninitializedRegisters
{
    private Words _general;
    private Vectors _vectors;

    /// <summary>True if the zero flag is uninitialized.</summary>
    public bool ZeroFlag { get; set; }

    /// <summary>True if one of the other flags is uninitialized.</summary>
    public bool OtherFlags { get; set; }

    /// <summary>The address that the last bad bits were loaded from.</summary>
    public VirtualAddress Origin { get; set; }

    /// <summary>True if every bit is good.</summary>
    public bool IsClean { get; private set; } = true;

    /// <summary>True if every bit of the vector registers is good.</summary>
    public bool HasVectors
    {
        get
        {
            foreach (UInt128 vector in _vectors)
                if (vector != 0) return true;
            return false;
        }
    }

    /// <summary>The values of the registers before the instruction; valid if <see cref="HasValues"/>.</summary>
    public GuestRegisters Values;

    /// <summary>True if the values were read.</summary>
    public bool HasValues { get; set; }

    /// <summary>The values of XMM0 to XMM7.</summary>
    public Span<UInt128> VectorValues => _vectorValues;

    private Vectors _vectorValues;

    /// <summary>Updates <see cref="IsClean"/>.</summary>
    public void Update()
    {
        uint bad = 0;
        foreach (uint word in _general) bad |= word;
        IsClean = bad == 0 && !ZeroFlag && !OtherFlags && !HasVectors;
        if (IsClean) HasValues = false;
    }

    /// <summary>The bad bits of a register.</summary>
    public UInt128 this[Register register]
    {
        get
        {
            if (register.IsXMM()) return _vectors[register.GetNumber()];
            if (!register.IsGPR()) return 0;
            (int number, int shift, uint mask) = PlaceOf(register);
            return (_general[number] >> shift) & mask;
        }

        set
        {
            if (register.IsXMM())
            {
                _vectors[register.GetNumber()] = value;
            }
            else if (register.IsGPR())
            {
                (int number, int shift, uint mask) = PlaceOf(register);
                _general[number] = (_general[number] & ~(mask << shift)) | (((uint)value & mask) << shift);
            }
        }
    }

    /// <summary>The value of a register before the instruction. Returns false if it is not known.</summary>
    public bool TryValue(Register register, out UInt128 value)
    {
        value = 0;
        if (!HasValues) return false;
        if (register.IsXMM())
        {
            value = _vectorValues[register.GetNumber()];
            return true;
        }

        if (!register.IsGPR()) return false;
        (int number, int shift, uint mask) = PlaceOf(register);
        uint word = number switch
        {
            0 => Values.Eax,
            1 => Values.Ecx,
            2 => Values.Edx,
            3 => Values.Ebx,
            4 => Values.Esp,
            5 => Values.Ebp,
            6 => Values.Esi,
            _ => Values.Edi,
        };
        value = (word >> shift) & mask;
        return true;
    }

    private static (int Number, int Shift, uint Mask) PlaceOf(Register register)
    {
        int number = register.GetNumber();
        if (register is Register.AH or Register.CH or Register.DH or Register.BH) return (number & 3, 8, 0xFF);    // numbers 4 to 7
        return register.GetSize() switch { 1 => (number, 0, 0xFFu), 2 => (number, 0, 0xFFFFu), _ => (number, 0, uint.MaxValue) };
    }

    [InlineArray(8)]
    private struct Words
    {
        private uint _first;
    }

    [InlineArray(8)]
    private struct Vectors
    {
        private UInt128 _first;
    }
}
