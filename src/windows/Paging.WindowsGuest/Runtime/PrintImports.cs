using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>The printf family: to streams and to memory, with arguments behind the format or in a list.</summary>
internal static class PrintImports
{
    private const uint ArgumentsOffset = 4;    // above the return address

    public static ImportedCall[] All { get; } =
    [
        Of("printf", static call => Print(call, call.Runtime.Streams.PlaceOf(1), call[0], AfterArgument(call, 0))),
        Of("vprintf", static call => Print(call, call.Runtime.Streams.PlaceOf(1), call[0], call[1])),
        Of("fprintf", static call => Print(call, call[0], call[1], AfterArgument(call, 1))),
        Of("vfprintf", static call => Print(call, call[0], call[1], call[2])),
        Of("sprintf", static call => Write(call, call[0], uint.MaxValue, call[1], AfterArgument(call, 1))),
        Of("vsprintf", static call => Write(call, call[0], uint.MaxValue, call[1], call[2])),
        Of("_snprintf", static call => Write(call, call[0], call[1], call[2], AfterArgument(call, 2))),
        Of("_vsnprintf", static call => Write(call, call[0], call[1], call[2], call[3])),
        Of("_scprintf", static call => (uint)Format(call, call[0], AfterArgument(call, 0)).Length),
        Of("_vscprintf", static call => (uint)Format(call, call[0], call[1]).Length),
    ];

    /// <summary>The address of the first argument behind the last one with a name.</summary>
    public static uint AfterArgument(RuntimeCall call, uint last) => call.Thread.StackPointer.Value + ArgumentsOffset + ((last + 1) * 4);

    private static byte[] Format(RuntimeCall call, uint format, uint arguments) =>
        new PrintFormat(call, arguments).Expand(call.Text(format));

    private static uint? Print(RuntimeCall call, uint stream, uint format, uint arguments)
    {
        byte[] text = Format(call, format, arguments);
        return call.Runtime.Fault is null && StreamImports.Put(call, stream, text) ? (uint)text.Length : uint.MaxValue;
    }

    /// <summary>Of _snprintf: no zero if the text fills the room, and −1 if it does not fit.</summary>
    private static uint? Write(RuntimeCall call, uint place, uint room, uint format, uint arguments)
    {
        byte[] text = Format(call, format, arguments);
        if ((uint)text.Length < room) call.PutText(place, text);
        else call.Put(place, text.AsSpan(0, (int)room));
        return (uint)text.Length <= room ? (uint)text.Length : uint.MaxValue;
    }
}
