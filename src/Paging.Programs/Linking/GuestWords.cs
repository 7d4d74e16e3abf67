using Paging.Core;

namespace Paging.Programs;

/// <summary>Reads and writes words of a program as it would itself. The first access that faults is remembered; all later ones do nothing.</summary>
/// <remarks>So that code which follows pointers through hostile tables asks once, at its end.</remarks>
internal struct GuestWords(Mmu mmu)
{
    private const int StringByteLengthMax = 4096;

    /// <summary>An access has faulted: what was read since is zeros.</summary>
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

    /// <summary>The bytes of a string, without its zero; too long counts as broken.</summary>
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
