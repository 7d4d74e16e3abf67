using System.Buffers.Binary;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Cores;

/// <summary>Reads a Windows minidump of an x86 process: memory, threads, modules and rights.</summary>
/// <remarks>
/// A header leads to a directory of streams, each with a type and a place in the file. Read are the system's description, both kinds of
/// memory lists, threads, modules, the exception, memory information and miscellaneous information; other streams are passed over.
/// Microsoft: minidumpapiset.h (MINIDUMP_HEADER, MINIDUMP_DIRECTORY and the structures of the streams), winnt.h (CONTEXT of x86).
/// </remarks>
internal sealed class MinidumpReader(Stream dump)
{
    /// <summary>The first four bytes of a minidump: "MDMP".</summary>
    public const uint Magic = 0x504D_444D;

    private const uint Version = 0xA793;    // MINIDUMP_VERSION, in the low half
    private const int HeaderLength = 32, EntryLength = 12, ThreadLength = 48, ModuleLength = 108, InformationLength = 48;
    private const int StreamCountMax = 4096, ListLengthMax = 64 << 20, NameLengthMax = 64 << 10;
    private const int ContextLength = 0xCC, VectorsLength = 512;
    private const uint ExtendedRegisters = 0x1_0020;    // CONTEXT_i386 | CONTEXT_EXTENDED_REGISTERS
    private const uint Committed = 0x1000;    // MEM_COMMIT
    private const long AddressSpace = 1L << 32;

    private readonly List<MinidumpRange> _ranges = [];
    private readonly List<Module> _modules = [];
    private readonly List<Rights> _rights = [];
    private readonly List<CoreThread> _threads = [];
    private CoreThread? _failed;
    private (Module? Module, Rights? Rights) _last;    // of the last area
    private int _processId = 1;

    private enum StreamKind
    {
        Threads = 3,
        Modules = 4,
        Memory = 5,
        Exception = 6,
        System = 7,
        Memory64 = 9,
        Miscellaneous = 15,
        MemoryInformation = 16,
    }

    /// <summary>The areas: whole pages that have a byte in the dump.</summary>
    public List<CoreArea> Areas { get; } = [];

    /// <summary>True if the file ends before the bytes of its memory do.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The process, with the thread that failed first.</summary>
    public CoreProcess Process { get; private set; } = new();

    /// <summary>The bytes by address.</summary>
    public MinidumpMemory Memory => new(dump, _ranges);

    /// <summary>Reads everything but the bytes of memory.</summary>
    /// <exception cref="CoreFormatException">It is damaged, or of another kind of process.</exception>
    /// <exception cref="EndOfStreamException">The file ends within a list.</exception>
    public void Read()
    {
        byte[] header = ReadBytes(0, HeaderLength);
        uint version = Word(header, 4) & 0xFFFF, count = Word(header, 8);
        if (version != Version) throw new CoreFormatException($"this minidump has version {version:x}, not {Version:x}");
        if (count > StreamCountMax) throw new CoreFormatException($"the minidump claims {count} streams");
        byte[] directory = ReadBytes(Word(header, 12), (int)count * EntryLength);
        bool hasSystem = false;
        for (int i = 0; i < count; i++)
        {
            int at = i * EntryLength;
            StreamKind kind = (StreamKind)Word(directory, at);
            uint length = Word(directory, at + 4), offset = Word(directory, at + 8);
            hasSystem |= kind == StreamKind.System;
            ReadStream(kind, offset, length);
        }

        if (!hasSystem) throw new CoreFormatException("the minidump does not say which processor its process had");
        Arrange();
        FindAreas();
        FindProcess();
    }

    private void ReadStream(StreamKind kind, uint offset, uint length)
    {
        if (!Enum.IsDefined(kind)) return;
        if (length > ListLengthMax) throw new CoreFormatException($"the stream {kind} of the minidump has {length} bytes");
        byte[] bytes = ReadBytes(offset, (int)length);
        switch (kind)
        {
            case StreamKind.System: CheckSystem(bytes); break;
            case StreamKind.Memory: ReadMemory(bytes); break;
            case StreamKind.Memory64: ReadMemory64(bytes); break;
            case StreamKind.Threads: ReadThreads(bytes); break;
            case StreamKind.Modules: ReadModules(bytes); break;
            case StreamKind.Exception: ReadException(bytes); break;
            case StreamKind.MemoryInformation: ReadInformation(bytes); break;
            default:
                if (bytes.Length >= 12 && (Word(bytes, 4) & 1) != 0) _processId = (int)Word(bytes, 8);    // MINIDUMP_MISC1_PROCESS_ID
                break;
        }
    }

    private static void CheckSystem(byte[] bytes)
    {
        const ushort x86 = 0;    // PROCESSOR_ARCHITECTURE_INTEL
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(Slice(bytes, 0, 2));
        if (machine != x86)
            throw new CoreFormatException($"this minidump is of processor architecture {machine}, not {x86} (x86): take it with a "
                + "32-bit program");
    }

    private void ReadMemory(byte[] bytes)
    {
        foreach (int at in Items(bytes, Word(bytes, 0), first: 4, length: 16))
            AddRange(Wide(bytes, at), Word(bytes, at + 8), Word(bytes, at + 12));
    }

    private void ReadMemory64(byte[] bytes)
    {
        ulong offset = Wide(bytes, 8);    // all bytes follow each other
        foreach (int at in Items(bytes, Wide(bytes, 0), first: 16, length: 16))
        {
            ulong length = Wide(bytes, at + 8);
            AddRange(Wide(bytes, at), length, offset);
            offset += length;
        }
    }

    private void AddRange(ulong start, ulong length, ulong offset)
    {
        if (start >= AddressSpace || length > AddressSpace - start)
            throw new CoreFormatException($"memory at {start:x} ends beyond 4 GiB");
        if (offset > long.MaxValue) throw new CoreFormatException($"the bytes of {start:x8} lie beyond the file");
        long there = Math.Clamp(dump.Length - (long)offset, 0, (long)length);
        IsCut |= there < (long)length;
        if (there != 0) _ranges.Add(new((long)start, there, (long)offset));
    }

    private void ReadThreads(byte[] bytes)
    {
        foreach (int at in Items(bytes, Word(bytes, 0), first: 4, ThreadLength))
            _threads.Add(ThreadOf((int)Word(bytes, at), Word(bytes, at + 40), Word(bytes, at + 44)));
    }

    private void ReadException(byte[] bytes)
    {
        const int place = 8 + 152;    // after the thread and MINIDUMP_EXCEPTION
        if (Word(bytes, place) != 0) _failed = ThreadOf((int)Word(bytes, 0), Word(bytes, place), Word(bytes, place + 4));
    }

    private CoreThread ThreadOf(int id, uint length, uint offset)
    {
        if (length < ContextLength) return new() { Id = id };
        byte[] context = ReadBytes(offset, (int)Math.Min(length, ContextLength + VectorsLength));
        bool hasVectors = (Word(context, 0) & ExtendedRegisters) == ExtendedRegisters && context.Length == ContextLength + VectorsLength;
        return new()
        {
            Id = id,
            Registers = new()
            {
                Gs = Word(context, 0x8C),
                Fs = Word(context, 0x90),
                Es = Word(context, 0x94),
                Ds = Word(context, 0x98),
                Edi = Word(context, 0x9C),
                Esi = Word(context, 0xA0),
                Ebx = Word(context, 0xA4),
                Edx = Word(context, 0xA8),
                Ecx = Word(context, 0xAC),
                Eax = Word(context, 0xB0),
                Ebp = Word(context, 0xB4),
                Eip = Word(context, 0xB8),
                Cs = Word(context, 0xBC),
                Eflags = Word(context, 0xC0),
                Esp = Word(context, 0xC4),
                Ss = Word(context, 0xC8),
                OriginalEax = -1,
            },
            FloatingPoint = context.AsMemory(0x1C, 108),
            Vectors = hasVectors ? context.AsMemory(ContextLength, VectorsLength) : default,
        };
    }

    private void ReadModules(byte[] bytes)
    {
        foreach (int at in Items(bytes, Word(bytes, 0), first: 4, ModuleLength))
        {
            ulong start = Wide(bytes, at);
            uint length = Word(bytes, at + 8), name = Word(bytes, at + 20);
            uint nameLength = Word(ReadBytes(name, 4), 0);
            if (nameLength > NameLengthMax) throw new CoreFormatException($"the name of a module has {nameLength} bytes");
            string path = Encoding.Unicode.GetString(ReadBytes(name + 4L, (int)nameLength));
            if (start < AddressSpace) _modules.Add(new((long)start, Math.Min((long)start + length, AddressSpace), path));
        }
    }

    private void ReadInformation(byte[] bytes)
    {
        uint header = Word(bytes, 0), each = Word(bytes, 4);
        if (header < 16 || each < InformationLength || each > ListLengthMax || header > bytes.Length)
            throw new CoreFormatException("the memory information of the minidump has entries of another form");
        foreach (int at in Items(bytes, Wide(bytes, 8), (int)header, (int)each))
        {
            ulong start = Wide(bytes, at), length = Wide(bytes, at + 24);
            if (Word(bytes, at + 32) != Committed || start >= AddressSpace || length > AddressSpace - start) continue;
            _rights.Add(new((long)start, (long)(start + length), ProtectionOf(Word(bytes, at + 36))));
        }
    }

    /// <summary>Sorts what the lists have, and drops what lies in two ranges: stacks are often listed twice.</summary>
    private void Arrange()
    {
        MinidumpRange[] found = [.. _ranges.OrderBy(static range => range.Start).ThenByDescending(static range => range.Length)];
        _ranges.Clear();
        long end = 0;
        foreach (MinidumpRange range in found)
        {
            long skipped = Math.Max(0, end - range.Start);
            if (skipped >= range.Length) continue;
            _ranges.Add(new(range.Start + skipped, range.Length - skipped, range.Offset + skipped));
            end = range.End;
        }

        _modules.Sort(static (one, other) => one.Start.CompareTo(other.Start));
        _rights.Sort(static (one, other) => one.Start.CompareTo(other.Start));
    }

    /// <summary>Makes areas of the pages that have bytes, as long as module and region are the same.</summary>
    private void FindAreas()
    {
        const long page = VirtualAddress.PageSize;
        long next = 0;    // the first page that is not in an area yet
        foreach (MinidumpRange range in _ranges)
        {
            long at = Math.Max(next, range.Start & -page), end = (range.End + page - 1) & -page;
            while (at < end)
            {
                Module? module = Last(_modules, at, static one => one.Start) is { } found && at < found.End ? found : null;
                Rights? rights = Last(_rights, at, static one => one.Start) is { } known && at < known.End ? known : null;
                long until = Math.Min(end, Border(_modules, at, module?.End, static one => one.Start));
                until = (Math.Min(until, Border(_rights, at, rights?.End, static one => one.Start)) + page - 1) & -page;
                AddArea(at, until, module, rights);
                at = until;
            }

            next = Math.Max(next, end);
        }
    }

    private void AddArea(long start, long end, Module? module, Rights? rights)
    {
        MemoryProtection protection = rights?.Protection ?? MemoryProtection.All;
        PageRange range = new(new((uint)(start >> VirtualAddress.PageShift)), new((uint)((end - start) >> VirtualAddress.PageShift)));
        string name = module?.Path ?? "";
        FilePage offset = module is { } mapped ? new((uint)((start - mapped.Start) >> VirtualAddress.PageShift)) : default;
        bool goesOn = Areas.Count != 0 && Areas[^1].Range.End == range.First && _last == (module, rights);
        _last = (module, rights);
        if (goesOn)
        {
            CoreArea last = Areas[^1];
            range = new(last.Range.First, last.Range.Count + range.Count);
            offset = last.FileOffset;
            Areas.RemoveAt(Areas.Count - 1);
        }

        Areas.Add(new(range, protection, name, offset)
        {
            Dumped = range.Count,
            Promised = range.Count,
            Offset = range.First.Address.Value,    // a place in MinidumpMemory
        });
    }

    private void FindProcess()
    {
        if (_failed is { } failed)
        {
            _ = _threads.RemoveAll(thread => thread.Id == failed.Id);    // its own context is that of the handler
            _threads.Insert(0, failed);
        }

        string? program = _modules.Count == 0 ? null : _modules.MinBy(static module => !module.IsProgram).Path.Split('\\')[^1];
        Process = new() { Id = _processId, Name = program is null ? null : CutName(program), Threads = [.. _threads] };
    }

    private static string CutName(string name)
    {
        while (Encoding.UTF8.GetByteCount(name) > 15) name = name[..^1];
        return name;
    }

    /// <summary>The last item that begins at or below an address.</summary>
    private static T? Last<T>(List<T> items, long at, Func<T, long> startOf) where T : struct
    {
        int after = After(items, at, startOf);
        return after == 0 ? null : items[after - 1];
    }

    /// <summary>Where what holds at an address ends: at its end, or where the next item begins.</summary>
    private static long Border<T>(List<T> items, long at, long? end, Func<T, long> startOf)
    {
        int after = After(items, at, startOf);
        long next = after < items.Count ? startOf(items[after]) : AddressSpace;
        return Math.Min(end ?? AddressSpace, next);
    }

    private static int After<T>(List<T> items, long at, Func<T, long> startOf)
    {
        int low = 0, high = items.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (startOf(items[middle]) <= at) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static MemoryProtection ProtectionOf(uint protect) => (protect & 0xFF) switch
    {
        0x02 => MemoryProtection.Read,                                    // PAGE_READONLY
        0x04 or 0x08 => MemoryProtection.ReadWrite,                       // PAGE_READWRITE, PAGE_WRITECOPY
        0x10 => MemoryProtection.Execute,                                 // PAGE_EXECUTE
        0x20 => MemoryProtection.Read | MemoryProtection.Execute,         // PAGE_EXECUTE_READ
        0x40 or 0x80 => MemoryProtection.All,                             // PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY
        _ => MemoryProtection.None,                                       // PAGE_NOACCESS
    };

    /// <summary>The places of the items of a list, all of which must lie in it.</summary>
    private static IEnumerable<int> Items(byte[] bytes, ulong count, int first, int length)
    {
        if (count > (ulong)Math.Max(0, bytes.Length - first) / (ulong)length) throw new EndOfStreamException();
        for (int i = 0; i < (int)count; i++) yield return first + (i * length);
    }

    private byte[] ReadBytes(long offset, int byteLength)
    {
        if (offset + byteLength > dump.Length) throw new EndOfStreamException();    // before the array is made
        byte[] bytes = new byte[byteLength];
        dump.Position = offset;
        dump.ReadExactly(bytes);
        return bytes;
    }

    private static ReadOnlySpan<byte> Slice(byte[] bytes, int at, int length) =>
        at + length <= bytes.Length ? bytes.AsSpan(at, length) : throw new EndOfStreamException();

    private static uint Word(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(bytes, at, 4));

    private static ulong Wide(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(bytes, at, 8));

    private readonly record struct Module(long Start, long End, string Path)
    {
        public bool IsProgram => Path.EndsWith(".exe", StringComparison.OrdinalIgnoreCase);
    }

    private readonly record struct Rights(long Start, long End, MemoryProtection Protection);
}
