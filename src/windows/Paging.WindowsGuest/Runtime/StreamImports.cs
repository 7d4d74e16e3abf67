using System.Text;
using Paging.Core;
using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>Functions of stdio.h on streams, and those of io.h on their numbers.</summary>
internal static class StreamImports
{
    private const uint End = uint.MaxValue, Binary = 0x8000, Text = 0x4000, Unbuffered = 4;    // EOF, _O_BINARY, _O_TEXT, _IONBF

    public static ImportedCall[] All { get; } =
    [
        Of("fopen", static call => Open(call)),
        Of("fclose", static call => call.Runtime.Streams.Close(call[0]) ? 0 : End),
        Of("fflush", static call => Flush(call)),
        Of("_flushall", static call => call.Runtime.Streams.FlushAll()),
        Of("fgetc", static call => Get(call, call[0])),
        Of("getc", static call => Get(call, call[0])),
        Of("_filbuf", static call => Get(call, call[0])),
        Of("getchar", static call => Get(call, call.Runtime.Streams.PlaceOf(0))),
        Of("ungetc", static call => PutBack(call)),
        Of("fputc", static call => Put(call, call[1], [(byte)call[0]]) ? call[0] & 0xFF : End),
        Of("putc", static call => Put(call, call[1], [(byte)call[0]]) ? call[0] & 0xFF : End),
        Of("_flsbuf", static call => Put(call, call[1], [(byte)call[0]]) ? call[0] & 0xFF : End),
        Of("putchar", static call => Put(call, call.Runtime.Streams.PlaceOf(1), [(byte)call[0]]) ? call[0] & 0xFF : End),
        Of("fputs", static call => Put(call, call[1], call.Text(call[0])) ? 0 : End),
        Of("puts", static call => Put(call, call.Runtime.Streams.PlaceOf(1), [.. call.Text(call[0]), (byte)'\n']) ? 0 : End),
        Of("fgets", static call => (int)call[1] <= 0 ? 0 : GetLine(call, call[2], call[1] - 1, keepsEnd: true)),
        Of("gets", static call => GetLine(call, call.Runtime.Streams.PlaceOf(0), int.MaxValue, keepsEnd: false)),
        Of("fread", static call => Read(call)),
        Of("fwrite", static call => Write(call)),
        Of("fseek", static call => Seek(call, (int)call[1], call[2])),
        Of("ftell", static call => call.Runtime.Streams.TryFind(call[0], out RuntimeStream stream) ? (uint)stream.Tell() : End),
        Of("rewind", static call => Seek(call, 0, 0)),
        Of("feof", static call => call.Runtime.Streams.TryFind(call[0], out RuntimeStream stream) && stream.IsAtEnd ? 0x10u : 0),
        Of("ferror", static call => call.Runtime.Streams.TryFind(call[0], out RuntimeStream stream) && stream.HasFailed ? 0x20u : 0),
        Of("clearerr", static call => Clear(call)),
        Of("setvbuf", static call => SetBuffer(call, call[2])),
        Of("setbuf", static call => SetBuffer(call, call[1] == 0 ? Unbuffered : 0)),
        Of("perror", static call => PrintError(call)),
        Of("remove", static call => Remove(call)),
        Of("_unlink", static call => Remove(call)),
        Of("_lock_file", static call => SynchronizationImports.Enter(call.Frame, call.Runtime.LockPlace(LockOf(call)))),
        Of("_unlock_file", static call => StartImports.Unlock(call, LockOf(call))),
        Of("_fileno", static call => call.Runtime.Streams.TryFind(call[0], out _) ? call.Runtime.Streams.NumberOf(call[0]) : End),
        Of("_isatty", static call => 0),    // streams are no consoles
        Of("_setmode", static call => SetMode(call)),
        Of("_write", static call => WriteNumber(call)),
        Of("_read", static call => ReadNumber(call)),
    ];

    /// <summary>Writes bytes to a FILE*. Returns false for other pointers and after errors.</summary>
    public static bool Put(RuntimeCall call, uint place, ReadOnlySpan<byte> bytes)
    {
        if (!call.Runtime.Streams.TryFind(place, out RuntimeStream stream)) return false;
        bool isWritten = stream.Put(bytes);
        call.Runtime.Streams.Show(place, stream);
        return isWritten;
    }

    /// <summary>Reads a byte from a FILE*; EOF at its end.</summary>
    public static uint Get(RuntimeCall call, uint place)
    {
        if (!call.Runtime.Streams.TryFind(place, out RuntimeStream stream)) return End;
        int value = stream.Get();
        call.Runtime.Streams.Show(place, stream);
        return (uint)value;
    }

    private static uint? Open(RuntimeCall call)
    {
        string name = Encoding.Latin1.GetString(call.Text(call[0])), mode = Encoding.Latin1.GetString(call.Text(call[1]));
        uint place = call.Runtime.Streams.Open(name, mode, out RuntimeError error);
        return place != 0 ? place : call.Fail(error, 0);
    }

    private static uint? Flush(RuntimeCall call)
    {
        if (call[0] != 0) return call.Runtime.Streams.TryFind(call[0], out RuntimeStream stream) && stream.Flush() ? 0 : End;
        call.Runtime.Streams.FlushAll();
        return 0;
    }

    private static uint? PutBack(RuntimeCall call)
    {
        if (call[0] == End || !call.Runtime.Streams.TryFind(call[1], out RuntimeStream stream)) return End;    // EOF cannot be put back
        stream.PutBack((byte)call[0]);
        call.Runtime.Streams.Show(call[1], stream);
        return call[0] & 0xFF;
    }

    private static uint? GetLine(RuntimeCall call, uint from, uint lengthMax, bool keepsEnd)
    {
        uint to = call[0];
        List<byte> line = [];
        uint value = 0;
        lengthMax = Math.Min(lengthMax, TextMax);
        while ((uint)line.Count < lengthMax && value != '\n' && (value = Get(call, from)) != End)
            if (keepsEnd || value != '\n') line.Add((byte)value);
        if (line.Count == 0 && value == End) return 0;
        call.PutText(to, line.ToArray());
        return to;
    }

    private static uint? Read(RuntimeCall call)
    {
        (uint to, uint size, uint count, uint place) = (call[0], call[1], call[2], call[3]);
        if (size == 0 || count == 0) return 0;
        if (!call.Runtime.Streams.TryFind(place, out RuntimeStream stream)) return 0;
        ulong wanted = (ulong)size * count, done = 0;
        List<byte> part = [];
        for (int value = 0; done < wanted && value >= 0 && call.Runtime.Fault is null; part.Clear())
        {
            while ((uint)part.Count < Math.Min(PartLength, wanted - done) && (value = stream.Get()) >= 0) part.Add((byte)value);
            call.Put(to + (uint)done, part.ToArray());
            done += (uint)part.Count;
        }

        call.Runtime.Streams.Show(place, stream);
        return (uint)(done / size);
    }

    private static uint? Write(RuntimeCall call)
    {
        (uint from, uint size, uint count, uint place) = (call[0], call[1], call[2], call[3]);
        if (size == 0 || count == 0 || (ulong)size * count > int.MaxValue) return 0;    // no memory holds it
        byte[] bytes = call.Bytes(from, size * count);
        return call.Runtime.Fault is null && Put(call, place, bytes) ? count : 0;
    }

    private static uint? Seek(RuntimeCall call, long distance, uint from)
    {
        if (!call.Runtime.Streams.TryFind(call[0], out RuntimeStream stream)) return End;
        bool isThere = stream.Seek(distance, from);
        call.Runtime.Streams.Show(call[0], stream);
        return isThere ? 0 : call.Fail(RuntimeError.Invalid, End);
    }

    private static uint? Clear(RuntimeCall call)
    {
        if (!call.Runtime.Streams.TryFind(call[0], out RuntimeStream stream)) return 0;
        (stream.IsAtEnd, stream.HasFailed) = (false, false);
        call.Runtime.Streams.Show(call[0], stream);
        return 0;
    }

    private static uint? SetBuffer(RuntimeCall call, uint mode)
    {
        if (!call.Runtime.Streams.TryFind(call[0], out RuntimeStream stream)) return End;
        stream.Flush();
        stream.IsBuffered = mode != Unbuffered;
        return 0;
    }

    private static uint? PrintError(RuntimeCall call)
    {
        byte[] before = call[0] == 0 ? [] : call.Text(call[0]);
        call.Frame.ReadWord(call.Thread.Block.ErrnoPlace.Value, out uint error);
        byte[] text = Encoding.Latin1.GetBytes($"{(before.Length == 0 ? "" : ": ")}{TextImports.ErrorText(error)}\n");
        Put(call, call.Runtime.Streams.PlaceOf(2), [.. before, .. text]);
        return 0;
    }

    private static uint? Remove(RuntimeCall call)
    {
        string name = Encoding.Latin1.GetString(call.Text(call[0]));
        if (!call.Frame.Program.Files.Remove(name, out GuestFile? file)) return call.Fail(RuntimeError.NoEntry, End);
        file.Dispose();
        return 0;
    }

    private static uint LockOf(RuntimeCall call) => 16 + call.Runtime.Streams.NumberOf(call[0]);

    private static uint? SetMode(RuntimeCall call)
    {
        if (!call.Runtime.Streams.TryFindNumber(call[0], out RuntimeStream stream)) return call.Fail(RuntimeError.BadFile, End);
        uint before = stream.IsText ? Text : Binary;
        stream.IsText = call[1] != Binary;
        return before;
    }

    /// <summary>_write: past the stream's buffer.</summary>
    private static uint? WriteNumber(RuntimeCall call)
    {
        if (!call.Runtime.Streams.TryFindNumber(call[0], out RuntimeStream stream)) return call.Fail(RuntimeError.BadFile, End);
        byte[] bytes = call.Bytes(call[1], call[2]);
        return stream.Put(bytes) && stream.Flush() ? call[2] : call.Fail(RuntimeError.BadFile, End);
    }

    private static uint? ReadNumber(RuntimeCall call)
    {
        (uint number, uint to, uint most) = (call[0], call[1], call[2]);
        if (!call.Runtime.Streams.TryFindNumber(number, out RuntimeStream stream)) return call.Fail(RuntimeError.BadFile, End);
        List<byte> bytes = [];
        most = Math.Min(most, TextMax);
        for (int value = 0; (uint)bytes.Count < most && value != '\n' && (value = stream.Get()) >= 0;) bytes.Add((byte)value);
        call.Put(to, bytes.ToArray());
        return (uint)bytes.Count;
    }
}
