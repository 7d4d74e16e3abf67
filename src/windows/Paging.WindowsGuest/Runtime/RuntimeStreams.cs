using Paging.Core;
using Paging.Native;
using Paging.Windows;
using Paging.WindowsGuest.Calls;

namespace Paging.WindowsGuest.Runtime;

//   FILE, 32 bytes:  00 next byte  04 bytes left: always 0, so that macros call  08 buffer  0C flags  10 number  …
/// <summary>The streams of a program: stdin, stdout, stderr, and files that it opens. A FILE* leads to a place in <c>_iob</c>.</summary>
internal sealed class RuntimeStreams(ProgramState program)
{
    private const uint Flags = 12, Number = 16;
    private const uint Reads = 1, Writes = 2, AtEnd = 0x10, Failed = 0x20, ReadsAndWrites = 0x80;    // _IOREAD to _IORW of stdio.h

    private readonly RuntimeStream?[] _streams = new RuntimeStream?[RuntimeVariables.StreamCount];
    private uint _table;

    /// <summary>Opens the three streams that every program has.</summary>
    public void Begin(uint table)
    {
        _table = table;
        Set(0, new(new ConsoleStream(program.Input, IsInput: true), isText: true, reads: true, writes: false, appends: false,
            isBuffered: true), Reads);
        Set(1, new(new ConsoleStream(program.Output, IsInput: false), isText: true, reads: false, writes: true, appends: false,
            isBuffered: true), Writes);
        Set(2, new(new ConsoleStream(program.Errors, IsInput: false), isText: true, reads: false, writes: true, appends: false,
            isBuffered: false), Writes);    // stderr: C11 7.21.3
    }

    /// <summary>The FILE* of a stream's number.</summary>
    public uint PlaceOf(uint number) => _table + (number * RuntimeVariables.StreamLength);

    /// <summary>The number of a FILE*; one too large for any stream if the pointer is not a FILE*.</summary>
    public uint NumberOf(uint place) => (place - _table) / RuntimeVariables.StreamLength;

    /// <summary>The stream of a FILE*.</summary>
    public bool TryFind(uint place, out RuntimeStream stream) => TryFindNumber(NumberOf(place), out stream);

    /// <summary>The stream of a number.</summary>
    public bool TryFindNumber(uint number, out RuntimeStream stream)
    {
        stream = number < (uint)_streams.Length ? _streams[number]! : null!;
        return stream is not null;
    }

    /// <summary>fopen: <c>r</c>, <c>w</c> or <c>a</c>, with <c>+</c>, <c>b</c> or <c>t</c>. Returns the FILE*, or 0 and an errno.</summary>
    public uint Open(string name, string mode, out RuntimeError error)
    {
        error = RuntimeError.Invalid;
        if (mode.Length == 0 || mode[0] is not ('r' or 'w' or 'a')) return 0;
        int number = Array.IndexOf(_streams, null);
        error = RuntimeError.TooManyFiles;
        if (number < 0) return 0;
        bool exists = program.Files.TryGetValue(name, out GuestFile? file), isBoth = mode.Contains('+', StringComparison.Ordinal);
        error = RuntimeError.NoEntry;
        if (!exists && mode[0] == 'r') return 0;
        if (!exists) program.Files.Add(name, file = program.Machine.Engine.CreateMemoryFile(name));
        WindowsFile opened = program.Machine.OpenFile(file!, FileAccessRights.Read | FileAccessRights.Write);
        error = RuntimeError.Access;
        if (mode[0] == 'w' && opened.SetEndOfFile(0) != Win32Error.Success) return 0;    // it is mapped
        bool isBinary = mode.Contains('b', StringComparison.Ordinal), reads = isBoth || mode[0] == 'r', writes = isBoth || mode[0] != 'r';
        RuntimeStream stream = new(new OpenedFile(opened), !isBinary, reads, writes, mode[0] == 'a', isBuffered: true);
        Set((uint)number, stream, isBoth ? ReadsAndWrites : reads ? Reads : Writes);
        return PlaceOf((uint)number);
    }

    /// <summary>fclose. Returns false if it is no open stream, or its last bytes could not be written.</summary>
    public bool Close(uint place)
    {
        if (!TryFind(place, out RuntimeStream stream)) return false;
        bool isWritten = stream.Flush();
        _streams[NumberOf(place)] = null;
        Write(place + Flags, 0);
        return isWritten;
    }

    /// <summary>Writes the collected bytes of every stream. Returns the number of streams.</summary>
    public uint FlushAll()
    {
        uint count = 0;
        foreach (RuntimeStream? stream in _streams)
        {
            if (stream is null) continue;
            stream.Flush();
            count++;
        }

        return count;
    }

    /// <summary>Writes the flags that feof and ferror test into a FILE: both may be macros.</summary>
    public void Show(uint place, RuntimeStream stream)
    {
        uint wanted = (stream.IsAtEnd ? AtEnd : 0) | (stream.HasFailed ? Failed : 0);
        program.Process.Access.TryRead(new VirtualAddress(place + Flags), out uint flags, out _);
        if ((flags & (AtEnd | Failed)) != wanted) Write(place + Flags, (flags & ~(AtEnd | Failed)) | wanted);
    }

    private void Set(uint number, RuntimeStream stream, uint flags)
    {
        _streams[number] = stream;
        Write(PlaceOf(number) + Flags, flags);
        Write(PlaceOf(number) + Number, number);
    }

    private void Write(uint place, uint word) => program.Process.Access.TryWrite(new VirtualAddress(place), word, out _);
}
