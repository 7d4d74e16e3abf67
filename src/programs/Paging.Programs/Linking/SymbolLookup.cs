namespace Paging.Programs.Linking;

//  0        4        8       12   13    14     16
// ┌────────┬────────┬────────┬────┬─────┬──────┐
// │ name   │ value  │ size   │info│other│ shndx│     info: binding << 4 | type
// └────────┴────────┴────────┴────┴─────┴──────┘
/// <summary>An entry of a dynamic symbol table.</summary>
internal readonly record struct DynamicSymbol(uint Name, uint Value, uint ByteLength, byte Info, ushort Section)
{
    public const uint EntryByteLength = 16;
    private const int Local = 0, Weak = 2, ThreadLocal = 6, IndirectFunction = 10;
    private const ushort Undefined = 0, Absolute = 0xFFF1;

    public bool IsLocal => Info >> 4 == Local;
    public bool IsWeak => Info >> 4 == Weak;
    public bool IsThreadLocal => (Info & 0xF) == ThreadLocal;
    public bool IsIndirect => (Info & 0xF) == IndirectFunction;
    public bool IsUndefined => Section == Undefined;

    public uint Address(uint bias) => Section == Absolute ? Value : Value + bias;

    public static DynamicSymbol Read(ref GuestWords memory, uint table, uint number)
    {
        uint at = table + (number * EntryByteLength);
        uint last = memory.Word(at + 12);
        return new(memory.Word(at), memory.Word(at + 4), memory.Word(at + 8), (byte)last, (ushort)(last >> 16));
    }
}

/// <summary>Finds a name in one object by its hash tables in guest memory.</summary>
/// <remarks>
/// Uses DT_GNU_HASH if present, otherwise DT_HASH. Finds the default version of a name, never hidden ones (name@VERSION).
/// System V ABI, chapter 5, "Hash Table"; glibc: elf/dl-lookup.c do_lookup_x.
/// </remarks>
internal static class SymbolLookup
{
    private const uint ChainLengthMax = 1 << 20;
    private const ushort HiddenVersion = 0x8000;

    /// <summary>Returns the number of the symbol that defines a name; 0 if there is none.</summary>
    /// <param name="memory">The program's memory.</param>
    /// <param name="section">The object's tables.</param>
    /// <param name="name">The name.</param>
    /// <param name="orPlt">True to accept a program's own stub for a function, so that all objects get the same address for it.</param>
    public static uint Find(ref GuestWords memory, DynamicSection section, ReadOnlySpan<byte> name, bool orPlt)
    {
        if (section.GnuHash != 0) return FindByGnuHash(ref memory, section, name, orPlt);
        return section.Hash != 0 ? FindByHash(ref memory, section, name, orPlt) : 0;
    }

    //  buckets │ first │ bloom words │ shift │ bloom … │ buckets … │ chain: one hash a symbol, bit 0 marks the last of a bucket
    private static uint FindByGnuHash(ref GuestWords memory, DynamicSection section, ReadOnlySpan<byte> name, bool orPlt)
    {
        uint hash = GnuHash(name);
        uint table = section.GnuHash;
        uint bucketCount = memory.Word(table), first = memory.Word(table + 4);
        uint bloomCount = memory.Word(table + 8), shift = memory.Word(table + 12);
        if (bucketCount == 0 || bloomCount == 0) return 0;
        uint bloom = memory.Word(table + 16 + (4 * ((hash >> 5) % bloomCount)));
        if (((bloom >> (int)(hash & 31)) & (bloom >> (int)((hash >> (int)(shift & 31)) & 31)) & 1) == 0) return 0;

        uint buckets = table + 16 + (4 * bloomCount);
        uint number = memory.Word(buckets + (4 * (hash % bucketCount)));
        if (number < first) return 0;
        uint chain = buckets + (4 * bucketCount);
        for (uint step = 0; step < ChainLengthMax && !memory.IsBroken; step++, number++)
        {
            uint word = memory.Word(chain + (4 * (number - first)));
            if (((word ^ hash) & ~1u) == 0 && Defines(ref memory, section, number, name, orPlt)) return number;
            if ((word & 1) != 0) return 0;
        }

        return 0;
    }

    //  buckets │ symbols │ buckets: first symbol … │ chain: next symbol …
    private static uint FindByHash(ref GuestWords memory, DynamicSection section, ReadOnlySpan<byte> name, bool orPlt)
    {
        uint table = section.Hash;
        uint bucketCount = memory.Word(table), symbolCount = memory.Word(table + 4);
        if (bucketCount == 0) return 0;
        uint number = memory.Word(table + 8 + (4 * (Hash(name) % bucketCount)));
        uint chain = table + 8 + (4 * bucketCount);
        for (uint step = 0; number != 0 && number < symbolCount && step < ChainLengthMax && !memory.IsBroken; step++)
        {
            if (Defines(ref memory, section, number, name, orPlt)) return number;
            number = memory.Word(chain + (4 * number));
        }

        return 0;
    }

    private static bool Defines(ref GuestWords memory, DynamicSection section, uint number, ReadOnlySpan<byte> name, bool orPlt)
    {
        DynamicSymbol symbol = DynamicSymbol.Read(ref memory, section.Symbols, number);
        bool isThere = !symbol.IsLocal && (!symbol.IsUndefined || (orPlt && symbol.Value != 0));
        if (!isThere || !memory.Equals(section.Strings + symbol.Name, name)) return false;
        return section.Versions == 0 || (memory.HalfWord(section.Versions + (2 * number)) & HiddenVersion) == 0;
    }

    private static uint GnuHash(ReadOnlySpan<byte> name)
    {
        uint hash = 5381;
        foreach (byte letter in name) hash = (hash * 33) + letter;
        return hash;
    }

    private static uint Hash(ReadOnlySpan<byte> name)
    {
        uint hash = 0;
        foreach (byte letter in name)
        {
            hash = (hash << 4) + letter;
            hash = (hash ^ ((hash >> 24) & 0xF0)) & 0x0FFF_FFFF;
        }

        return hash;
    }
}
