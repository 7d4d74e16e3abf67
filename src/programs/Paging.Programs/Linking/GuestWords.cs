using Paging.Core;

namespace Paging.Programs.Linking;

/// <summary>Reads and writes words of a program as the program does. After the first access that faults, all others do nothing.</summary>
/// <remarks>So code that follows pointers through malformed tables checks once, at its end.</remarks>
internal struct GuestWords(Mmu mmu)
{
    private const int StringByteLengthMax = 4_096;

    /// <summary>True after an access has faulted. Everything read since is zero.</summary>
    public bool IsBroken { get; private set; }

    public uint Word(uint address)
    {
        uint value = 0;
        IsBroken = IsBroken || !mmu.TryRead(new(address), out value);
        return value;
    }

    public ushort HalfWord(uint address)
    {
        ushort value = 0;
        IsBroken = IsBroken || !mmu.TryRead(new(address), out value);
        return value;
    }

    public byte Byte(uint address)
    {
        byte value = 0;
        IsBroken = IsBroken || !mmu.TryRead(new(address), out value);
        return value;
    }

    public void Write(uint address, uint value) => IsBroken = IsBroken || !mmu.TryWrite(new(address), value);

    /// <summary>Returns the bytes of a string without its terminating zero. A string that is too long counts as broken.</summary>
    public byte[] String(uint address)
    {
        List<byte> bytes = [];
        for (byte value; (value = Byte(address)) != 0; address++)
        {
            bytes.Add(value);
            IsBroken |= bytes.Count > StringByteLengthMax;
        }

        return [.. bytes];
    }

    public bool Equals(uint address, ReadOnlySpan<byte> name)
    {
        foreach (byte value in name)
        {
            if (Byte(address++) != value) return false;
        }

        return Byte(address) == 0;
    }

    public void Copy(uint from, uint to, uint byteLength)
    {
        for (uint i = 0; i < byteLength && !IsBroken; i++)
        {
            byte value = Byte(from + i);
            IsBroken = IsBroken || !mmu.TryWrite(new(to + i), value);
        }
    }
}
