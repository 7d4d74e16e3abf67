using System.Globalization;
using System.Text;

namespace Paging.Guest.Debugging;

/// <summary>Numbers and bytes in the form of the remote protocol.</summary>
internal static class PacketText
{
    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    public static string OfText(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>Parses bytes; empty for invalid text.</summary>
    public static byte[] ToBytes(ReadOnlySpan<char> hex)
    {
        byte[] bytes = new byte[hex.Length / 2];
        return hex.Length % 2 == 0 && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done ? bytes : [];
    }

    /// <summary>Parses a number; 0 for invalid text.</summary>
    public static uint ToNumber(ReadOnlySpan<char> hex) =>
        uint.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint number) ? number : 0;

    /// <summary>Parses a number of 31 bits. Returns false for other text.</summary>
    public static bool TryNumber(ReadOnlySpan<char> hex, out int number) =>
        int.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number) && number >= 0;

    /// <summary>Parses two numbers with a comma or colon between them.</summary>
    public static (uint First, uint Second) ToPair(ReadOnlySpan<char> text)
    {
        int comma = text.IndexOfAny(',', ':');
        return comma < 0 ? (ToNumber(text), 0) : (ToNumber(text[..comma]), ToNumber(text[(comma + 1)..]));
    }
}
