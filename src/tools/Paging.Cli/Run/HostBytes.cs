using System.Text;

namespace Paging.Cli.Run;

/// <summary>
/// This command's own arguments and environment as bytes: in .NET's strings, bytes that are not UTF-8 are lost.
/// </summary>
internal sealed class HostBytes
{
    private readonly byte[][] _arguments;

    private HostBytes(byte[][] arguments, byte[][] environment) => (_arguments, Environment) = (arguments, environment);

    /// <summary>The variables, as NAME=VALUE.</summary>
    public IReadOnlyList<byte[]> Environment { get; }

    /// <summary>Reads them from /proc, or from .NET's strings if /proc cannot be read.</summary>
    public static HostBytes Read()
    {
        byte[][] environment = Split("/proc/self/environ");
        if (environment.Length == 0)
            environment = [.. System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
                .Select(static pair => Encoding.UTF8.GetBytes($"{pair.Key}={pair.Value}"))];
        return new(Split("/proc/self/cmdline"), environment);
    }

    /// <summary>Returns the bytes of the last words of the command line; for other words, their UTF-8.</summary>
    public ReadOnlyMemory<byte>[] Last(string[] words)
    {
        ReadOnlyMemory<byte>[] bytes = new ReadOnlyMemory<byte>[words.Length];
        int start = _arguments.Length - words.Length;
        for (int i = 0; i < words.Length; i++)
        {
            byte[]? own = start + i >= 0 ? _arguments[start + i] : null;
            bool isSame = own is not null && string.Equals(Encoding.UTF8.GetString(own), words[i], StringComparison.Ordinal);
            bytes[i] = isSame ? own! : Encoding.UTF8.GetBytes(words[i]);
        }

        return bytes;
    }

    private static byte[][] Split(string path)
    {
        byte[] all = File.Exists(path) ? File.ReadAllBytes(path) : [];
        List<byte[]> texts = [];
        for (int start = 0; start < all.Length;)
        {
            int length = all.AsSpan(start).IndexOf((byte)0);
            if (length < 0) length = all.Length - start;
            texts.Add(all.AsSpan(start, length).ToArray());
            start += length + 1;
        }

        return [.. texts];
    }
}
