using System.Text;
using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.BytesImports;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>Functions of string.h on texts that a zero ends.</summary>
internal static class TextImports
{
    public static ImportedCall[] All { get; } =
    [
        Of("strlen", static call => (uint)call.Text(call[0]).Length),
        Of("strcpy", static call => Put(call, call[0], call.Text(call[1]))),
        Of("strncpy", static call => Put(call)),
        Of("strcat", static call => Append(call)),
        Of("strcmp", static call => Compare(call, uint.MaxValue)),
        Of("strncmp", static call => Compare(call, call[2])),
        Of("strchr", static call => Place(call, call.TextAndEnd(call[0]).IndexOf((byte)call[1]))),
        Of("strrchr", static call => Place(call, call.TextAndEnd(call[0]).LastIndexOf((byte)call[1]))),
        Of("strstr", static call => Place(call, call.Text(call[0]).AsSpan().IndexOf(call.Text(call[1])))),
        Of("strerror", static call => Put(call, call.Runtime.Scratch, Encoding.Latin1.GetBytes(ErrorText(call[0])))),
        Of("wcslen", static call => (uint)call.Wide(call[0]).Length),
    ];

    private static uint? Put(RuntimeCall call, uint to, byte[] text)
    {
        call.PutText(to, text);
        return to;
    }

    /// <summary>strncpy: exactly that many bytes, with zeros behind the text, and without one if the text is that long.</summary>
    private static uint? Put(RuntimeCall call)
    {
        (uint to, uint length) = (call[0], call[2]);
        byte[] text = call.Text(call[1], length);
        call.Put(to, text);
        call.Fill(to + (uint)text.Length, 0, length - (uint)text.Length);
        return to;
    }

    private static uint? Append(RuntimeCall call)
    {
        uint to = call[0];
        call.PutText(to + (uint)call.Text(to).Length, call.Text(call[1]));
        return to;
    }

    private static uint? Compare(RuntimeCall call, uint lengthMax) =>
        Sign(call.Text(call[0], lengthMax).AsSpan().SequenceCompareTo(call.Text(call[1], lengthMax)));

    private static uint? Place(RuntimeCall call, int index) => index < 0 ? 0 : call[0] + (uint)index;

    private static string ErrorText(uint error) => (RuntimeError)error switch
    {
        0 => "No error",
        RuntimeError.NoMemory => "Not enough space",
        RuntimeError.Invalid => "Invalid argument",
        RuntimeError.Range => "Result too large",
        _ => "Unknown error",
    };
}
