using System.Buffers.Binary;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>Writes a process as a Windows minidump of x86, to be read again.</summary>
/// <remarks>Microsoft: minidumpapiset.h. The streams and structures are those that MiniDumpWriteDump writes for a 32-bit process.</remarks>
internal sealed class MinidumpSample
{
    private readonly List<(uint Kind, byte[] Bytes)> _streams = [];
    private readonly List<(uint Start, byte[] Bytes)> _memory = [];
    private readonly List<byte> _tail = [];    // what streams lead to

    /// <summary>One list for all bytes at the end of the file (Memory64ListStream), instead of one with a place for each range.</summary>
    public bool IsWide { get; init; } = true;

    /// <summary>The processor's architecture: 0 is x86.</summary>
    public ushort Architecture { get; init; }

    /// <summary>Writes the memory of a process, and information on its areas.</summary>
    public static byte[] Of(UserProcess process, bool isWide, bool hasRights = true)
    {
        MinidumpSample sample = new() { IsWide = isWide };
        List<(uint Start, uint Length, uint Protect)> rights = [];
        foreach (AreaSnapshot area in process.Memory.Areas.Snapshot())
        {
            byte[] bytes = new byte[area.Range.Count.Bytes];
            int count = process.Memory.Remote.Read(area.Range.First.Address, bytes, forced: true);
            sample.Add(area.Range.First.Address.Value, bytes[..count]);
            rights.Add((area.Range.First.Address.Value, (uint)bytes.Length, ProtectOf(area.Rights)));
        }

        sample.AddThread(7, eip: 0x0804_8123, esp: 0xBFFF_F000);
        if (hasRights) sample.AddRights(rights);
        return sample.Write();
    }

    /// <summary>Adds bytes of memory.</summary>
    public void Add(uint start, byte[] bytes) => _memory.Add((start, bytes));

    /// <summary>Adds a list of one thread.</summary>
    public void AddThread(int id, uint eip, uint esp)
    {
        byte[] list = new byte[4 + 48];
        Put(list, 0, 1);
        Put(list, 4, (uint)id);
        Put(list, 4 + 40, ContextLength);
        _streams.Add((3, list));
        _contextOf.Add((list, 4 + 44, ContextOf(eip, esp)));
    }

    /// <summary>Adds the exception of a thread, which has a context of its own.</summary>
    public void AddException(int id, uint eip, uint esp)
    {
        byte[] exception = new byte[168];
        Put(exception, 0, (uint)id);
        Put(exception, 8, 0xC000_0005);    // an access violation
        Put(exception, 160, ContextLength);
        _streams.Add((6, exception));
        _contextOf.Add((exception, 164, ContextOf(eip, esp)));
    }

    /// <summary>Adds a list of modules.</summary>
    public void AddModules(params (uint Start, uint Length, string Path)[] modules)
    {
        byte[] list = new byte[4 + (108 * modules.Length)];
        Put(list, 0, (uint)modules.Length);
        for (int i = 0; i < modules.Length; i++)
        {
            int at = 4 + (108 * i);
            Put(list, at, modules[i].Start);
            Put(list, at + 8, modules[i].Length);
            byte[] path = Encoding.Unicode.GetBytes(modules[i].Path);
            byte[] name = new byte[4 + path.Length + 2];
            Put(name, 0, (uint)path.Length);
            path.CopyTo(name, 4);
            _contextOf.Add((list, at + 20, name));
        }

        _streams.Add((4, list));
    }

    /// <summary>Adds what VirtualQuery says of regions: committed, with these rights.</summary>
    public void AddRights(IReadOnlyList<(uint Start, uint Length, uint Protect)> regions)
    {
        byte[] list = new byte[16 + (48 * regions.Count)];
        Put(list, 0, 16);
        Put(list, 4, 48);
        Put(list, 8, (uint)regions.Count);
        for (int i = 0; i < regions.Count; i++)
        {
            int at = 16 + (48 * i);
            Put(list, at, regions[i].Start);
            Put(list, at + 24, regions[i].Length);
            Put(list, at + 32, 0x1000);    // MEM_COMMIT
            Put(list, at + 36, regions[i].Protect);
        }

        _streams.Add((16, list));
    }

    /// <summary>Returns the file.</summary>
    public byte[] Write()
    {
        byte[] system = new byte[56];
        BinaryPrimitives.WriteUInt16LittleEndian(system, Architecture);
        _streams.Add((7, system));
        int wide = IsWide ? 16 : 4;
        byte[] memory = new byte[wide + (16 * _memory.Count)];
        _streams.Add((IsWide ? 9u : 5u, memory));
        int at = 32 + (12 * _streams.Count), tail = at + _streams.Sum(static stream => stream.Bytes.Length);
        foreach ((byte[] list, int place, byte[] bytes) in _contextOf)
        {
            Put(list, place, (uint)(tail + _tail.Count));
            _tail.AddRange(bytes);
        }

        Put(memory, 0, (uint)_memory.Count);
        if (IsWide) Put(memory, 8, (uint)(tail + _tail.Count));
        for (int i = 0; i < _memory.Count; i++)
        {
            Put(memory, wide + (16 * i), _memory[i].Start);
            Put(memory, wide + (16 * i) + 8, (uint)_memory[i].Bytes.Length);
            if (!IsWide) Put(memory, wide + (16 * i) + 12, (uint)(tail + _tail.Count));
            _tail.AddRange(_memory[i].Bytes);
        }

        byte[] file = new byte[tail + _tail.Count];
        Put(file, 0, 0x504D_444D);    // MDMP
        Put(file, 4, 0xA793);
        Put(file, 8, (uint)_streams.Count);
        Put(file, 12, 32);
        for (int i = 0; i < _streams.Count; i++)
        {
            Put(file, 32 + (12 * i), _streams[i].Kind);
            Put(file, 32 + (12 * i) + 4, (uint)_streams[i].Bytes.Length);
            Put(file, 32 + (12 * i) + 8, (uint)at);
            _streams[i].Bytes.CopyTo(file, at);
            at += _streams[i].Bytes.Length;
        }

        _tail.CopyTo(file, tail);
        return file;
    }

    private const int ContextLength = 716;

    private readonly List<(byte[] Stream, int Place, byte[] Bytes)> _contextOf = [];    // bytes to which a word of a stream leads

    private static byte[] ContextOf(uint eip, uint esp)
    {
        byte[] context = new byte[ContextLength];
        Put(context, 0, 0x1_003F);    // CONTEXT_ALL of x86
        for (int i = 0; i < 16; i++) Put(context, 0x8C + (4 * i), 0x100u + (uint)i);    // from gs on; eax is the tenth
        Put(context, 0xB8, eip);
        Put(context, 0xC4, esp);
        context[0x1C] = 0x7F;    // the x87's control word
        context[0xCC] = 0x80;    // the first byte of fxsave's image
        return context;
    }

    private static uint ProtectOf(string rights) => rights[..3] switch
    {
        "r--" => 0x02,
        "rw-" => 0x04,
        "--x" => 0x10,
        "r-x" => 0x20,
        "rwx" => 0x40,
        _ => 0x01,
    };

    private static void Put(byte[] bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
}
