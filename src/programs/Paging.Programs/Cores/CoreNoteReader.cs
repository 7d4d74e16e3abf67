using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Cores;

/// <summary>Reads the notes of a core file. A note before the first NT_PRSTATUS is the process's; the others are that thread's.</summary>
internal sealed class CoreNoteReader
{
    private const int NameByteLengthMax = 4096;    // PATH_MAX: what the kernel's d_path returns

    private readonly List<CoreThread> _threads = [];
    private readonly List<MappedRange> _files = [];
    private CoreProcess _process = new();

    private readonly record struct MappedRange(VirtualAddress Start, ulong End, FilePage Offset, string Name);

    /// <summary>Reads the notes of one segment.</summary>
    /// <exception cref="CoreFormatException">A note ends beyond the segment, or is shorter than its structure.</exception>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        ElfNotes notes = new(bytes);
        while (notes.TryNext()) Take((CoreNoteKind)notes.Kind, notes.Content, notes.At);
        if (notes.IsCut) throw new CoreFormatException($"the note at byte {notes.At} of the notes ends beyond them");
    }

    /// <summary>Returns the process with its threads.</summary>
    public CoreProcess Finish()
    {
        _files.Sort(static (left, right) => left.Start.CompareTo(right.Start));
        return _process with { Threads = _threads };
    }

    /// <summary>Adds the mapped file to an area.</summary>
    public CoreArea Name(CoreArea area)
    {
        ulong start = area.Range.First.Address.Value;
        int low = 0, high = _files.Count;    // the last range that begins at or below the area
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_files[middle].Start.Value <= start) low = middle + 1;
            else high = middle;
        }

        if (low == 0 || _files[low - 1].End <= start) return area;
        MappedRange file = _files[low - 1];
        return area with { FileName = file.Name, FileOffset = file.Offset + (area.Range.First - file.Start.Page) };
    }

    private void Take(CoreNoteKind kind, ReadOnlySpan<byte> content, int at)
    {
        switch (kind)
        {
            case CoreNoteKind.ThreadStatus: ReadStatus(Whole(content, CoreNotes.StatusByteLength, "NT_PRSTATUS", at)); break;
            case CoreNoteKind.ProcessInformation:
                ReadInformation(Whole(content, CoreNotes.InformationByteLength, "NT_PRPSINFO", at));
                break;
            case CoreNoteKind.SignalInformation:
                _process = _process with { SignalInformation = content[..Math.Min(content.Length, CoreNotes.SignalByteLength)].ToArray() };
                break;
            case CoreNoteKind.AuxiliaryVector: _process = _process with { AuxiliaryVector = content.ToArray() }; break;
            case CoreNoteKind.Files: ReadFiles(content, at); break;
            case CoreNoteKind.FloatingPoint when _threads.Count > 0:
                _threads[^1] = _threads[^1] with { FloatingPoint = content.ToArray() };
                break;
            case CoreNoteKind.Vectors when _threads.Count > 0: _threads[^1] = _threads[^1] with { Vectors = content.ToArray() }; break;
            case CoreNoteKind.Extended when _threads.Count > 0: _threads[^1] = _threads[^1] with { Extended = content.ToArray() }; break;
            case CoreNoteKind.Segments when _threads.Count > 0: _threads[^1] = _threads[^1] with { Segments = content.ToArray() }; break;
            default: break;    // a note of another kind, or of a newer kernel
        }
    }

    private static ReadOnlySpan<byte> Whole(ReadOnlySpan<byte> content, int byteLength, string name, int at) =>
        content.Length >= byteLength ? content
            : throw new CoreFormatException($"{name} at byte {at} of the notes has {content.Length} bytes, not {byteLength}");

    private void ReadStatus(ReadOnlySpan<byte> status)
    {
        if (_threads.Count == 0)
            _process = _process with { Signal = BinaryPrimitives.ReadUInt16LittleEndian(status[CoreNotes.CurrentSignal..]) };
        _threads.Add(new()
        {
            Id = (int)Word(status, CoreNotes.ThreadId),
            Registers = MemoryMarshal.Read<CoreRegisters>(status[CoreNotes.Registers..]),
            PendingSignals = Word(status, 16),
            BlockedSignals = Word(status, 20),
            UserTime = Time(status, 40),
            SystemTime = Time(status, 48),
        });
    }

    private void ReadInformation(ReadOnlySpan<byte> information) => _process = _process with
    {
        User = BinaryPrimitives.ReadUInt16LittleEndian(information[8..]),
        Group = BinaryPrimitives.ReadUInt16LittleEndian(information[10..]),
        Id = (int)Word(information, CoreNotes.ProcessId),
        ParentId = (int)Word(information, CoreNotes.ProcessId + 4),
        GroupId = (int)Word(information, CoreNotes.ProcessId + 8),
        SessionId = (int)Word(information, CoreNotes.ProcessId + 12),
        Name = Text(information.Slice(CoreNotes.Name, CoreNotes.NameByteLength)),
        Arguments = Text(information.Slice(CoreNotes.Arguments, CoreNotes.ArgumentsByteLength)),
    };

    /// <summary>Counts, ranges and offsets, then the names. Linux: fill_files_note.</summary>
    private void ReadFiles(ReadOnlySpan<byte> content, int at)
    {
        if (content.Length < 2 * sizeof(uint)) throw BadFiles(at);
        uint count = Word(content, 0);
        ulong pageByteLength = Word(content, 4), namesAt = 8 + (12ul * count);
        if (namesAt > (ulong)content.Length) throw BadFiles(at);
        ReadOnlySpan<byte> names = content[(int)namesAt..];
        for (int i = 0; i < count; i++)
        {
            int end = names.IndexOf((byte)0);
            if (end is < 0 or > NameByteLengthMax) throw BadFiles(at);
            ReadOnlySpan<byte> range = content[(8 + (12 * i))..];
            uint start = Word(range, 0);
            ulong last = Word(range, 4);
            if (last == 0) last = 1ul << 32;    // the file is mapped up to 4 GiB, and this end does not fit into 32 bits
            if ((start & VirtualAddress.OffsetMask) != 0 || start >= last) throw BadFiles(at);
            ulong page = Word(range, 8) * pageByteLength / VirtualAddress.PageSize;
            if (page > uint.MaxValue) throw BadFiles(at);
            _files.Add(new(new(start), last, new((uint)page), Encoding.UTF8.GetString(names[..end])));
            names = names[(end + 1)..];
        }
    }

    private static CoreFormatException BadFiles(int at) => new($"NT_FILE at byte {at} of the notes is no list of mapped files");

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]).TrimEnd(' ');
    }

    private static TimeSpan Time(ReadOnlySpan<byte> bytes, int at) =>
        TimeSpan.FromTicks((Word(bytes, at) * TimeSpan.TicksPerSecond) + (Word(bytes, at + sizeof(uint)) * TimeSpan.TicksPerMicrosecond));

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
