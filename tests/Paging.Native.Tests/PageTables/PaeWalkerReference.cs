namespace Paging.Native.Tests;

/// <summary>The result of a walk: an address, or minus one minus the error code; and the rights of all levels together.</summary>
internal readonly record struct PaeAnswer(long Address, bool IsUser, bool IsWritable, bool IsNoExecute, bool IsLarge);

/// <summary>
/// A second opinion on the tables of PAE with 36 address lines, written from Intel SDM 3A, 4.4, on plain words: it shares no code, no
/// constant and no shape with <see cref="PaeWalker"/>.
/// </summary>
internal sealed class PaeWalkerReference(ulong[] words)
{
    private const ulong Beyond = 0x7FFF_FFF0_0000_0000, NoExecute = 0x8000_0000_0000_0000;

    /// <summary>Physical memory in words of 64 bits. Addresses beyond it read as zero and ignore stores.</summary>
    public ulong[] Words { get; } = words;

    /// <summary>One access. Changes A and D in <see cref="Words"/>.</summary>
    public PaeAnswer Walk(uint pointers, uint address, AccessKind kind, ProcessorMode mode, bool writeProtect, bool noExecute)
    {
        uint code = (kind == AccessKind.Write ? 2u : 0) + (mode == ProcessorMode.User ? 4u : 0);
        if (kind == AccessKind.Fetch && noExecute) code += 16;
        ulong refused = noExecute ? Beyond : Beyond + NoExecute;

        ulong pointer = Load((pointers * 512L) + (address / 0x4000_0000));
        if (pointer % 2 == 0) return Fault(code);
        if ((pointer & (Beyond + NoExecute)) != 0) return Fault(code | 9);

        long upperAt = (FrameIn(pointer) * 512) + (address / 0x20_0000 % 512);
        ulong upper = Load(upperAt);
        if (upper % 2 == 0) return Fault(code);
        bool isLarge = upper / 128 % 2 == 1;
        if ((upper & refused) != 0 || (isLarge && upper / 0x2000 % 256 != 0)) return Fault(code | 9);

        long leafAt = upperAt;
        ulong leaf = upper;
        if (!isLarge)
        {
            Save(upperAt, upper | 0x20);
            leafAt = (FrameIn(upper) * 512) + (address / 0x1000 % 512);
            leaf = Load(leafAt);
            if (leaf % 2 == 0) return Fault(code);
            if ((leaf & refused) != 0) return Fault(code | 9);
        }

        bool isUser = upper / 4 % 2 + leaf / 4 % 2 == 2, isWritable = upper / 2 % 2 + leaf / 2 % 2 == 2;
        bool isClosed = upper >= NoExecute || leaf >= NoExecute;
        bool isRefused = (mode == ProcessorMode.User && !isUser)
            || (kind == AccessKind.Write && !isWritable && (mode == ProcessorMode.User || writeProtect))
            || (kind == AccessKind.Fetch && noExecute && isClosed);
        if (isRefused) return Fault(code | 1);
        Save(leafAt, leaf | (kind == AccessKind.Write ? 0x60ul : 0x20));
        long size = isLarge ? 0x20_0000 : 0x1000;
        return new((FrameIn(leaf) * 0x1000 / size * size) + (address % size), isUser, isWritable, isClosed, isLarge);
    }

    private static PaeAnswer Fault(uint code) => new(-1 - (long)code, false, false, false, false);

    private static long FrameIn(ulong entry) => (long)(entry / 0x1000 % 0x100_0000);

    private ulong Load(long index) => index < Words.Length ? Words[index] : 0;

    private void Save(long index, ulong word)
    {
        if (index < Words.Length) Words[index] = word;
    }
}
