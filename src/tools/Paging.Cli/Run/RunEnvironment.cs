using System.Text;
using Paging.Guest;

namespace Paging.Cli.Run;

/// <summary>The environment that a program of <c>paging run</c> begins with.</summary>
internal static class RunEnvironment
{
    private const string TemporaryDirectory = "TMPDIR";

    /// <summary>
    /// Returns this command's own environment (without --root) and that of --env. TMPDIR is translated to the guest's path.
    /// </summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Of(GuestKernel kernel, RunRequest request, HostBytes host)
    {
        SortedDictionary<string, byte[]> own = new(StringComparer.Ordinal), values = new(StringComparer.Ordinal);
        foreach (byte[] pair in host.Environment)
        {
            int equals = pair.AsSpan().IndexOf((byte)'=');
            if (equals > 0) own[Encoding.Latin1.GetString(pair, 0, equals)] = pair;
        }

        if (own.TryGetValue(TemporaryDirectory, out byte[]? directory))
        {
            string path = Encoding.UTF8.GetString(directory.AsSpan(TemporaryDirectory.Length + 1));
            own[TemporaryDirectory] = Encoding.UTF8.GetBytes($"{TemporaryDirectory}={kernel.ToGuestPath(path)}");
        }

        if (!request.HasRoot)
        {
            foreach ((string name, byte[] pair) in own) values[name] = pair;
        }

        foreach (string text in request.Environment) Add(values, own, text);
        return [.. values.Values.Select(static pair => (ReadOnlyMemory<byte>)pair)];
    }

    private static void Add(SortedDictionary<string, byte[]> values, SortedDictionary<string, byte[]> own, string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string name = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(equals < 0 ? text : text[..equals]));
        if (equals > 0) values[name] = Encoding.UTF8.GetBytes(text);
        else if (equals < 0 && own.TryGetValue(name, out byte[]? pair)) values[name] = pair;
    }
}
