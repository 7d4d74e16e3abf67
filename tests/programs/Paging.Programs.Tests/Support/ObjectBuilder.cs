using System.Buffers.Binary;
using System.Text;

namespace Paging.Programs.Tests;

//  0        0x74 …       0x1000           0x2000
// ┌────────┬─────────┬──┬─────────────┬──┬────────────────────────────────────────────────────────┐
// │ header │ segments│  │ data        │  │ dynamic, strings, symbols, versions, hash, relocations  │   one segment, rwx
// └────────┴─────────┴──┴─────────────┴──┴────────────────────────────────────────────────────────┘
/// <summary>Writes a shared object word by word, for what no compiler makes on request.</summary>
/// <remarks>System V ABI, chapters 4 and 5; the GNU hash table as glibc's elf/dl-lookup.c reads it.</remarks>
internal sealed class ObjectBuilder(string soname)
{
    public const uint DataAt = 0x1000;
    public const ushort Default = 2, Hidden = 0x8003;
    public const byte Absolute = 1, Relative32 = 2, Copy = 5, GlobalData = 6, JumpSlot = 7, Bias = 8;

    private const uint TablesAt = 0x2000, ByteLength = 0x3000;
    private const byte GlobalFunction = 0x12, WeakFunction = 0x22;

    private readonly List<(string Name, uint Value, uint ByteLength, byte Info, ushort Section, ushort Version)> _symbols = [];
    private readonly List<(uint Place, byte Kind, int Symbol)> _relocations = [];
    private readonly List<string> _needed = [];
    private readonly byte[] _bytes = new byte[ByteLength];
    private uint _dataEnd = DataAt;

    /// <summary>DT_HASH with three buckets, as before 2006, in place of DT_GNU_HASH.</summary>
    public bool HasOldHash { get; init; }

    /// <summary>DT_SYMBOLIC.</summary>
    public bool IsSymbolic { get; init; }

    /// <summary>DT_FLAGS: 2 as DT_SYMBOLIC, 4 for relocations in text.</summary>
    public uint Flags { get; init; }

    /// <summary>The rights of its segment: 4 to read, 2 to write, 1 to execute.</summary>
    public uint Rights { get; init; } = 7;

    /// <summary>PT_GNU_RELRO: what is read-only after it was relocated; empty for none.</summary>
    public (uint Start, uint ByteLength) RelocatedReadOnly { get; init; }

    /// <summary>The words of DT_RELR.</summary>
    public uint[] Relative { get; init; } = [];

    /// <summary>The alignment that its segment asks for.</summary>
    public uint Alignment { get; init; } = 0x1000;

    /// <summary>Words of data. Returns the address of the first.</summary>
    public uint Data(params ReadOnlySpan<uint> words)
    {
        uint start = _dataEnd;
        foreach (uint word in words)
        {
            Put(_dataEnd, word);
            _dataEnd += 4;
        }

        return start;
    }

    public ObjectBuilder Needs(string name)
    {
        _needed.Add(name);
        return this;
    }

    /// <summary>A symbol that others may use. Returns its number.</summary>
    public int Define(string name, uint value, uint byteLength = 4, ushort version = Default) =>
        Add((name, value, byteLength, GlobalFunction, 1, version));

    /// <summary>A symbol that others define. A value is the address of a stub for it. Returns its number.</summary>
    public int Undefined(string name, uint stub = 0, bool isWeak = false) =>
        Add((name, stub, 0, isWeak ? WeakFunction : GlobalFunction, 0, Default));

    public void Relocate(uint place, byte kind, int symbol) => _relocations.Add((place, kind, symbol));

    public byte[] Build()
    {
        List<(uint Tag, uint Value)> dynamic = [];
        uint strings = TablesAt + 0x200, at = strings + 1;    // offset 0 is the empty string
        uint Text(string text)
        {
            uint start = at;
            at += (uint)Encoding.ASCII.GetBytes(text, _bytes.AsSpan((int)at)) + 1;
            return start - strings;
        }

        dynamic.Add((14, Text(soname)));
        foreach (string name in _needed) dynamic.Add((1, Text(name)));
        uint[] names = [.. _symbols.Select(symbol => Text(symbol.Name))];
        dynamic.Add((5, strings));
        dynamic.Add((6, at = Aligned(at)));
        at = PutSymbols(at, names);
        dynamic.Add((0x6FFF_FFF0, at));
        for (int i = 0; i < _symbols.Count; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan((int)at + (2 * (i + 1))), _symbols[i].Version);
        at = Aligned(at + (2 * ((uint)_symbols.Count + 1)));
        dynamic.Add((HasOldHash ? 4u : 0x6FFF_FEF5, at));
        at = HasOldHash ? PutOldHash(at) : PutGnuHash(at);
        dynamic.Add((17, at));
        dynamic.Add((18, 8 * (uint)_relocations.Count));
        foreach ((uint place, byte kind, int symbol) in _relocations)
            at = PutAll(at, place, ((uint)symbol << 8) | kind);
        if (Relative.Length != 0) dynamic.AddRange([(36, at), (35, 4 * (uint)Relative.Length)]);
        PutAll(at, Relative);
        if (IsSymbolic) dynamic.Add((16, 0));
        if (Flags != 0) dynamic.Add((30, Flags));
        uint end = TablesAt;
        foreach ((uint tag, uint value) in dynamic) end = PutAll(end, tag, value);
        PutHeaders();
        return _bytes;
    }

    private int Add((string Name, uint Value, uint ByteLength, byte Info, ushort Section, ushort Version) symbol)
    {
        _symbols.Add(symbol);
        return _symbols.Count;
    }

    private uint PutSymbols(uint at, uint[] names)
    {
        at += 16;    // symbol 0 is none
        for (int i = 0; i < _symbols.Count; i++)
            at = PutAll(at, names[i], _symbols[i].Value, _symbols[i].ByteLength, _symbols[i].Info | ((uint)_symbols[i].Section << 16));
        return at;
    }

    /// <summary>One bucket, a filter that lets everything through, and every symbol in the chain.</summary>
    private uint PutGnuHash(uint at)
    {
        at = PutAll(at, 1, 1, 1, 5, uint.MaxValue, 1);
        for (int i = 0; i < _symbols.Count; i++)
        {
            uint hash = 5381;
            foreach (char letter in _symbols[i].Name) hash = unchecked((hash * 33) + letter);
            at = PutAll(at, (hash & ~1u) | (i == _symbols.Count - 1 ? 1u : 0u));
        }

        return at;
    }

    private uint PutOldHash(uint at)
    {
        const uint bucketCount = 3;
        uint[] buckets = new uint[bucketCount], chain = new uint[_symbols.Count + 1];
        for (int i = 1; i <= _symbols.Count; i++)
        {
            uint hash = 0;
            foreach (char letter in _symbols[i - 1].Name)    // the ABI's own function, figure 5-13
            {
                hash = (hash << 4) + letter;
                uint high = hash & 0xF000_0000;
                if (high != 0) hash ^= high >> 24;
                hash &= ~high;
            }

            (chain[i], buckets[hash % bucketCount]) = (buckets[hash % bucketCount], (uint)i);
        }

        return PutAll(PutAll(PutAll(at, bucketCount, (uint)chain.Length), buckets), chain);
    }

    private void PutHeaders()
    {
        PutAll(0, 0x464C_457F, 0x0001_0101, 0, 0, 3 | (3 << 16), 1, 0, 52, 0, 0, 52 | (32 << 16), 3, 0);
        PutAll(52, 1, 0, 0, 0, ByteLength, ByteLength, Rights, Alignment);
        PutAll(52 + 32, 2, TablesAt, TablesAt, TablesAt, 0x200, 0x200, 6, 4);
        (uint start, uint byteLength) = RelocatedReadOnly;
        PutAll(52 + 64, byteLength == 0 ? 0u : 0x6474_E552, start, start, start, byteLength, byteLength, 4, 1);
    }

    private uint PutAll(uint at, params ReadOnlySpan<uint> words)
    {
        foreach (uint word in words)
        {
            Put(at, word);
            at += 4;
        }

        return at;
    }

    private void Put(uint at, uint word) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan((int)at), word);

    private static uint Aligned(uint at) => (at + 3) & ~3u;
}
