using System.Text;

namespace Paging.Guest.Abi;

/// <summary>
/// Text of a program whose characters are bytes, one each (Latin-1): names, arguments and environment have no encoding on Linux.
/// </summary>
/// <remarks>
/// Everything that comes from a program or from a directory of the host is kept in this form, so that every byte but zero is preserved.
/// Only .NET's own strings (<see cref="Environment"/>, options) are UTF-8.
/// </remarks>
internal static class ByteText
{
    /// <summary>A character a byte.</summary>
    public static Encoding Encoding => Encoding.Latin1;

    public static string Of(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static byte[] ToBytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>A string of .NET as its UTF-8 bytes.</summary>
    public static string FromHost(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>The bytes read as UTF-8, for messages and for .NET; other sequences become U+FFFD.</summary>
    public static string ToHost(string text) => Encoding.UTF8.GetString(ToBytes(text));
}
