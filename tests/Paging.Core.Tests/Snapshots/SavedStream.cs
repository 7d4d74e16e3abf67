using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Paging.Core.Tests;

/// <summary>A saved process, taken apart by a second reader of the form, so that tests can look at each number and change it.</summary>
/// <remarks><code>
/// magic (8), version │ name, score │ break, switches, flags, base, start of the break │ 8 addresses │ 4 limits (8 each)
/// with bit 9 of the switches: the length of the host's state and its bytes; with bit 15: a count of counters, each, and two peaks (8 each)
/// with bit 10: a count of shared memories, and of each: kind and flags, seals, length (8), name
/// areas: first, count, flags, offset, file; if there is a file: with bit 10 the number of the memory; without such a number, the name
/// with bit 14: a count of open files, and of each: number, kind and rights, flags, position (8), memory, name; a count of descriptors, and
/// of each: number, open file
/// CRC-32C │ runs of each memory, and 0, 0, 0
/// runs: first, count, bits, bytes unless bits 29 to 31 say otherwise │ 0, 0, 0
/// with bit 11: a count of marked pages, and of each: page, the state of all its bytes, or 0 and 1024 bytes │ CRC-32C
/// </code></remarks>
internal sealed class SavedStream
{
    public const uint Zeros = 1u << 31, Guards = 1u << 30, Far = 1u << 29, HasMemories = 1u << 10, HasMarks = 1u << 11,
        HasDescriptors = 1u << 14, HasHostState = 1u << 9, HasUsage = 1u << 15;

    public ulong Magic { get; set; }
    public uint Version { get; set; }
    public string Name { get; set; } = "";
    public int Score { get; set; }
    public uint Break { get; set; }
    public uint Switches { get; set; }
    public uint DefaultFlags { get; set; }
    public uint MmapBase { get; set; }
    public uint StartBreak { get; set; }
    public uint[] Image { get; } = new uint[8];
    public ulong[] Limits { get; } = new ulong[4];
    public byte[]? HostState { get; set; }
    public ulong[] Usage { get; set; } = [];
    public List<SavedMemory> Memories { get; } = [];
    public List<SavedArea> Areas { get; } = [];
    public List<SavedOpen> OpenFiles { get; } = [];
    public List<(uint Number, uint File)> Descriptors { get; } = [];
    public List<SavedMarks> Marks { get; } = [];
    public List<SavedRun> Runs { get; } = [];

    /// <summary>A count of areas to write in place of the real one.</summary>
    public uint? AreaCount { get; set; }

    public static SavedStream Of(Snapshot snapshot, Func<int, string?>? nameOf = null)
    {
        using MemoryStream stream = new();
        snapshot.Save(stream, null, nameOf);
        return Parse(stream.ToArray());
    }

    public static SavedStream Parse(byte[] bytes)
    {
        Cursor at = new(bytes);
        SavedStream found = new()
        {
            Magic = at.Long(),
            Version = at.Word(),
            Name = at.Text(),
            Score = (int)at.Word(),
            Break = at.Word(),
            Switches = at.Word(),
            DefaultFlags = at.Word(),
            MmapBase = at.Word(),
            StartBreak = at.Word()
        };
        for (int i = 0; i < 8; i++) found.Image[i] = at.Word();
        for (int i = 0; i < 4; i++) found.Limits[i] = at.Long();
        if ((found.Switches & HasHostState) != 0) found.HostState = at.Bytes((int)at.Word());
        if ((found.Switches & HasUsage) != 0) found.Usage = [.. Enumerable.Range(0, (int)at.Word() + 2).Select(_ => at.Long())];
        bool hasMemories = (found.Switches & HasMemories) != 0;
        uint memories = hasMemories ? at.Word() : 0;
        for (uint i = 0; i < memories; i++) found.Memories.Add(new(at.Word(), at.Word(), at.Long(), at.Text(), []));
        uint count = at.Word();
        for (uint i = 0; i < count; i++)
        {
            SavedArea area = new(at.Word(), at.Word(), at.Word(), at.Word(), at.Word(), "");
            if (area.File != 0 && hasMemories) area = area with { Memory = at.Word() };
            found.Areas.Add(area.File == 0 || area.Memory != 0 ? area : area with { Name = at.Text() });
        }

        if ((found.Switches & HasDescriptors) != 0) found.ReadDescriptors(at);
        at.Checksum();
        foreach (SavedMemory memory in found.Memories) ReadRuns(at, memory.Runs);
        ReadRuns(at, found.Runs);
        uint marks = (found.Switches & HasMarks) != 0 ? at.Word() : 0;
        for (uint i = 0; i < marks; i++)
        {
            SavedMarks page = new(at.Word(), at.Word(), []);
            found.Marks.Add(page.State == 0 ? page with { States = at.Bytes(1024) } : page);
        }

        at.Checksum();
        if (!at.IsAtEnd) throw new InvalidDataException("There is something beyond the end.");
        return found;
    }

    private void ReadDescriptors(Cursor at)
    {
        uint count = at.Word();
        for (uint i = 0; i < count; i++)
        {
            SavedOpen open = new(at.Word(), at.Word(), at.Word(), at.Long(), at.Word(), "");
            OpenFiles.Add(open.Memory == 0 ? open with { Name = at.Text() } : open);
        }

        count = at.Word();
        for (uint i = 0; i < count; i++) Descriptors.Add((at.Word(), at.Word()));
    }

    private void WriteDescriptors(Writer to)
    {
        to.Put((uint)OpenFiles.Count);
        foreach (SavedOpen open in OpenFiles)
        {
            to.Put(open.Number).Put(open.Word).Put(open.Flags).Put(open.Position).Put(open.Memory);
            if (open.Memory == 0) to.Put(open.Name);
        }

        to.Put((uint)Descriptors.Count);
        foreach ((uint number, uint file) in Descriptors) to.Put(number).Put(file);
    }

    private static void ReadRuns(Cursor at, List<SavedRun> runs)
    {
        while (true)
        {
            SavedRun run = new(at.Word(), at.Word(), at.Word(), []);
            if (run.Count == 0) break;
            bool hasBytes = (run.Bits & (Zeros | Guards | Far)) == 0;
            runs.Add(hasBytes ? run with { Bytes = at.Bytes((int)run.Count * 4096) } : run);
        }
    }

    /// <summary>The form with the numbers as they are now, and checksums that fit.</summary>
    public byte[] ToBytes()
    {
        Writer to = new();
        to.Put(Magic).Put(Version).Put(Name).Put((uint)Score);
        to.Put(Break).Put(Switches).Put(DefaultFlags).Put(MmapBase).Put(StartBreak);
        foreach (uint address in Image) to.Put(address);
        foreach (ulong limit in Limits) to.Put(limit);
        if ((Switches & HasHostState) != 0) to.Put((uint)HostState!.Length).Put(HostState);
        if ((Switches & HasUsage) != 0) to.Put((uint)Usage.Length - 2);
        if ((Switches & HasUsage) != 0) foreach (ulong count in Usage) to.Put(count);
        if ((Switches & HasMemories) != 0) to.Put((uint)Memories.Count);
        foreach (SavedMemory memory in Memories) to.Put(memory.Word).Put(memory.Seals).Put(memory.ByteLength).Put(memory.Name);
        to.Put(AreaCount ?? (uint)Areas.Count);
        foreach (SavedArea area in Areas)
        {
            to.Put(area.First).Put(area.Count).Put(area.Flags).Put(area.Offset).Put(area.File);
            if (area.File != 0 && (Switches & HasMemories) != 0) to.Put(area.Memory);
            if (area.File != 0 && area.Memory == 0) to.Put(area.Name);
        }

        if ((Switches & HasDescriptors) != 0) WriteDescriptors(to);
        to.PutChecksum();
        foreach (SavedMemory memory in Memories) WriteRuns(to, memory.Runs);
        WriteRuns(to, Runs);
        if ((Switches & HasMarks) != 0) to.Put((uint)Marks.Count);
        foreach (SavedMarks page in Marks) to.Put(page.Page).Put(page.State).Put(page.States);
        to.PutChecksum();
        return to.ToArray();
    }

    private static void WriteRuns(Writer to, List<SavedRun> runs)
    {
        foreach (SavedRun run in runs) to.Put(run.First).Put(run.Count).Put(run.Bits).Put(run.Bytes);
        to.Put(0u).Put(0u).Put(0u);
    }

    /// <summary>Continues a CRC-32C byte by byte, beside the engine, which takes words.</summary>
    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        foreach (byte one in bytes) checksum = BitOperations.Crc32C(checksum, one);
        return checksum;
    }

    internal readonly record struct SavedArea(uint First, uint Count, uint Flags, uint Offset, uint File, string Name, uint Memory = 0);

    internal readonly record struct SavedMemory(uint Word, uint Seals, ulong ByteLength, string Name, List<SavedRun> Runs);

    internal readonly record struct SavedOpen(uint Number, uint Word, uint Flags, ulong Position, uint Memory, string Name);

    internal readonly record struct SavedMarks(uint Page, uint State, byte[] States);

    internal readonly record struct SavedRun(uint First, uint Count, uint Bits, byte[] Bytes);

    private sealed class Cursor(byte[] bytes)
    {
        private int _at, _from;

        public bool IsAtEnd => _at == bytes.Length;

        public uint Word() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

        public ulong Long() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

        public string Text() => Encoding.UTF8.GetString(Bytes((int)Word()));

        public byte[] Bytes(int count) => bytes[_at..(_at += count)];

        public void Checksum()
        {
            uint expected = ~Append(uint.MaxValue, bytes.AsSpan(_from, _at - _from));
            if (Word() != expected) throw new InvalidDataException("The checksum is another one.");
            _from = _at;
        }
    }

    private sealed class Writer
    {
        private readonly List<byte> _bytes = [];
        private int _from;

        public byte[] ToArray() => [.. _bytes];

        public Writer Put(uint word)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
            _bytes.AddRange(bytes);
            return this;
        }

        public Writer Put(ulong word) => Put((uint)word).Put((uint)(word >> 32));

        public Writer Put(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            return Put((uint)bytes.Length).Put(bytes);
        }

        public Writer Put(byte[] bytes)
        {
            _bytes.AddRange(bytes);
            return this;
        }

        public void PutChecksum()
        {
            Put(~Append(uint.MaxValue, ToArray().AsSpan(_from)));
            _from = _bytes.Count;
        }
    }
}
