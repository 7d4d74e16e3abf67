using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>The scanf family: from streams and from memory.</summary>
internal static class ScanImports
{
    public static ImportedCall[] All { get; } =
    [
        Of("scanf", static call => FromStream(call, call.Runtime.Streams.PlaceOf(0), call[0], PrintImports.AfterArgument(call, 0))),
        Of("fscanf", static call => FromStream(call, call[0], call[1], PrintImports.AfterArgument(call, 1))),
        Of("sscanf", static call => FromText(call)),
    ];

    private static uint? FromStream(RuntimeCall call, uint place, uint format, uint arguments)
    {
        if (!call.Runtime.Streams.TryFind(place, out RuntimeStream stream)) return uint.MaxValue;
        int count = new ScanFormat(call, arguments, stream.Get, stream.PutBack).Read(call.Text(format));
        call.Runtime.Streams.Show(place, stream);
        return (uint)count;
    }

    private static uint? FromText(RuntimeCall call)
    {
        byte[] text = call.Text(call[0]);
        int at = 0;
        return (uint)new ScanFormat(call, PrintImports.AfterArgument(call, 1), () => at < text.Length ? text[at++] : -1, _ => at--)
            .Read(call.Text(call[1]));
    }
}
