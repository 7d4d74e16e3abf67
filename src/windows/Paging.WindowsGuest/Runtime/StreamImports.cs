using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>Functions of stdio.h that write to stdout and stderr. mingw's own printf ends in them.</summary>
internal static class StreamImports
{
    private const uint End = uint.MaxValue, Binary = 0x8000, Text = 0x4000, Unbuffered = 4;    // EOF, _O_BINARY, _O_TEXT, _IONBF

    public static ImportedCall[] All { get; } =
    [
        Of("fflush", static call => Flush(call)),
        Of("fputc", static call => PutByte(call, call[1])),
        Of("putc", static call => PutByte(call, call[1])),
        Of("_flsbuf", static call => PutByte(call, call[1])),
        Of("putchar", static call => PutByte(call, call.Runtime.Streams.PlaceOf(1))),
        Of("fputs", static call => Put(call, call[1], call.Text(call[0])) ? 0 : End),
        Of("puts", static call => Put(call, call.Runtime.Streams.PlaceOf(1), [.. call.Text(call[0]), (byte)'\n']) ? 0 : End),
        Of("fwrite", static call => Write(call)),
        Of("setvbuf", static call => SetBuffer(call, call[2])),
        Of("setbuf", static call => SetBuffer(call, call[1] == 0 ? Unbuffered : 0)),
        Of("_fileno", static call => call.Runtime.Streams.NumberOf(call[0])),
        Of("_setmode", static call => SetMode(call)),
    ];

    private static bool Put(RuntimeCall call, uint place, ReadOnlySpan<byte> bytes)
    {
        if (!call.Runtime.Streams.TryFind(place, out RuntimeStream stream)) return false;
        stream.Put(bytes);
        return true;
    }

    private static uint PutByte(RuntimeCall call, uint place) => Put(call, place, [(byte)call[0]]) ? call[0] & 0xFF : End;

    private static uint? Flush(RuntimeCall call)
    {
        if (call[0] == 0) call.Runtime.FlushAll();
        else if (call.Runtime.Streams.TryFind(call[0], out RuntimeStream stream)) stream.Flush();
        else return End;
        return 0;
    }

    private static uint? Write(RuntimeCall call)
    {
        (uint from, uint size, uint count, uint place) = (call[0], call[1], call[2], call[3]);
        if (size == 0 || count == 0 || (ulong)size * count > int.MaxValue) return 0;    // no memory holds it
        byte[] bytes = call.Bytes(from, size * count);
        return call.Runtime.Fault is null && Put(call, place, bytes) ? count : 0;
    }

    private static uint? SetBuffer(RuntimeCall call, uint mode)
    {
        if (!call.Runtime.Streams.TryFind(call[0], out RuntimeStream stream)) return End;
        stream.Flush();
        stream.IsBuffered = mode != Unbuffered;
        return 0;
    }

    private static uint? SetMode(RuntimeCall call)
    {
        if (!call.Runtime.Streams.TryFind(call.Runtime.Streams.PlaceOf(call[0]), out RuntimeStream stream)) return End;
        uint before = stream.IsText ? Text : Binary;
        stream.IsText = call[1] != Binary;
        return before;
    }
}
