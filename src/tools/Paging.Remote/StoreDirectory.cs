using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Paging.Remote;

//   paging : swap : 3f2a91c4 : ·        its kind and its owner        a device, a snapshot, a campaign: an entry
//   paging : swap : 3f2a91c4 : 1f       a value
//   ──────   ────   ────────   ──
//   prefix   kind   name       what
/// <summary>The contents of a store: every use has an entry that describes it, beside its values.</summary>
public static class StoreDirectory
{
    /// <summary>Lists the entries in the order of their kinds and names. Looks at every key that has the prefix.</summary>
    /// <exception cref="RemoteException">A server cannot be asked.</exception>
    public static IReadOnlyList<StoreEntry> List(IRemoteServer server, string prefix)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(prefix);
        SortedDictionary<string, (string Kind, string Name, HashSet<string> Keys)> found = new(StringComparer.Ordinal);
        foreach (string key in server.KeysFrom(prefix + ":"))
        {
            if (!TrySplit(key, prefix, out string kind, out string name)) continue;
            string place = $"{kind}:{name}";
            if (!found.TryGetValue(place, out (string Kind, string Name, HashSet<string> Keys) entry))
                found.Add(place, entry = (kind, name, new(StringComparer.Ordinal)));
            entry.Keys.Add(key);
        }

        return [.. found.Values.Select(entry => Describe(server, prefix, entry.Kind, entry.Name, entry.Keys.Count))];
    }

    /// <summary>Deletes everything that belongs to an entry.</summary>
    /// <returns>The number of keys.</returns>
    /// <exception cref="RemoteException">A server cannot be asked.</exception>
    public static int Remove(IRemoteServer server, string prefix, string kind, string name)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(name);
        string[] keys = [.. server.KeysFrom($"{prefix}:{kind}:{name}:").Distinct(StringComparer.Ordinal)];
        int count = 0;
        foreach (string[] chunk in keys.Chunk(1024))
            foreach (Task<bool> deleted in server.Delete(chunk)) count += deleted.GetAwaiter().GetResult() ? 1 : 0;
        return count;
    }

    /// <summary>True if a text can be the name of a snapshot or a campaign: letters, digits, dots, dashes and underscores.</summary>
    public static bool IsName(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length is > 0 and <= 100 && text.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_');
    }

    internal static string KeyOf(string entryPrefix) => entryPrefix + ".";

    internal static void Announce(IRemoteServer server, string entryPrefix, string what, TimeSpan timeToLive)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(what);
        byte[] value = PageEnvelope.Seal(bytes, SHA256.HashData(bytes), mayCompress: false);
        server.Set([KeyValuePair.Create(KeyOf(entryPrefix), value)], timeToLive)[0].GetAwaiter().GetResult();
    }

    // For operations that may fail without harm.
    internal static void WaitQuietly(IEnumerable<Task> tasks)
    {
        foreach (Task task in tasks) ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
        foreach (Task task in tasks) _ = task.Exception;
    }

    private static bool TrySplit(string key, string prefix, out string kind, out string name)
    {
        string[] parts = key[(prefix.Length + 1)..].Split(':', 3);
        (kind, name) = parts.Length == 3 ? (parts[0], parts[1]) : ("", "");
        return parts.Length == 3;
    }

    private static StoreEntry Describe(IRemoteServer server, string prefix, string kind, string name, int keyCount)
    {
        string key = KeyOf($"{prefix}:{kind}:{name}:"), what = "";
        if (server.Get([key])[0].GetAwaiter().GetResult() is { } value)
        {
            byte[] bytes = new byte[PageEnvelope.LengthOf(value, key)];
            what = PageEnvelope.Open(value, [], bytes) is { } complaint ? $"damaged: {complaint}" : Encoding.UTF8.GetString(bytes);
        }

        long seconds = long.TryParse(server.Execute("TTL", key, 0).Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out long left) ? left : -1;
        return new(kind, name, keyCount, seconds < 0 ? null : TimeSpan.FromSeconds(seconds), what);
    }
}

/// <summary>A use of a store.</summary>
/// <param name="Kind">What: swap, snapshot, campaign, …</param>
/// <param name="Name">Its name.</param>
/// <param name="KeyCount">The number of its keys.</param>
/// <param name="TimeLeft">When the servers drop it unless it is renewed; null if they do not, or it has lost its entry.</param>
/// <param name="Description">Its description.</param>
public sealed record StoreEntry(string Kind, string Name, int KeyCount, TimeSpan? TimeLeft, string Description);
