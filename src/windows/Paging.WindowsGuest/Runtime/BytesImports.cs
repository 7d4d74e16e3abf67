using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>Functions of string.h on bytes whose number is given.</summary>
internal static class BytesImports
{
    public static ImportedCall[] All { get; } =
    [
        Of("memcpy", static call => Copy(call)),
        Of("memmove", static call => Copy(call)),
        Of("memset", static call => Fill(call)),
        Of("memcmp", static call => Sign(call.Bytes(call[0], call[2]).AsSpan().SequenceCompareTo(call.Bytes(call[1], call[2])))),
        Of("memchr", static call =>
        {
            int index = call.Bytes(call[0], call[2]).AsSpan().IndexOf((byte)call[1]);
            return index < 0 ? 0 : call[0] + (uint)index;
        }),
    ];

    /// <summary>The result of a comparison: −1, 0 or 1.</summary>
    public static uint Sign(int difference) => (uint)Math.Sign(difference);

    private static uint? Copy(RuntimeCall call)
    {
        (uint to, uint from, uint length) = (call[0], call[1], call[2]);
        call.Put(to, call.Bytes(from, length));    // all are read first: the two may overlap
        return to;
    }

    private static uint? Fill(RuntimeCall call)
    {
        uint to = call[0];
        call.Fill(to, (byte)call[1], call[2]);
        return to;
    }
}
