using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Paging.Remote;

//   rediss://:secret@host1:6379,host2:6379/name?db=1&prefix=paging&ttl=86400&…
//   ──┬───   ──┬───  ──────────┬────────── ─┬── ────────────┬────────────────
//   TLS if   password    servers of one    NAME          options
//   two s                cluster, or one
/// <summary>The address of a store, as one types it: servers, password, name, and options.</summary>
/// <remarks>
/// A password may also come from the environment variable <see cref="PasswordVariable"/>, where no list of processes shows it.
/// No text that this type writes contains it.
/// </remarks>
public sealed class RemoteAddress
{
    /// <summary>The variable that has the password if the address has none.</summary>
    public const string PasswordVariable = "PAGING_STORE_PASSWORD";

    private const int DefaultPort = 6379;
    private readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);

    private RemoteAddress(ImmutableArray<string> servers, string name) => (Servers, Name) = (servers, name);

    /// <summary>The servers to begin with, as host:port.</summary>
    public ImmutableArray<string> Servers { get; }

    /// <summary>The part after the first slash; may be empty.</summary>
    public string Name { get; }

    /// <summary>True for <c>rediss</c>: every connection is encrypted, and the server's certificate is checked.</summary>
    public bool IsEncrypted { get; private init; }

    /// <summary>The number of the database on a server that has several.</summary>
    public int Database { get; private set; }

    /// <summary>The prefix of every key.</summary>
    public string Prefix { get; private set; } = "paging";

    /// <summary>The time that the servers keep values that are not renewed.</summary>
    public TimeSpan TimeToLive { get; private set; } = TimeSpan.FromDays(1);

    /// <summary>The time for one answer.</summary>
    public TimeSpan Timeout { get; private set; } = TimeSpan.FromSeconds(2);

    /// <summary>The time that a server may be away before operations fail. A cluster's failover should fit in.</summary>
    public TimeSpan Patience { get; private set; } = TimeSpan.FromSeconds(20);

    /// <summary>The name that the server's certificate must have; null: the name in the address.</summary>
    public string? CertificateName { get; private set; }

    internal string? Password { get; private init; }

    /// <summary>True if a text looks like an address of a store.</summary>
    public static bool IsOne(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith("redis://", StringComparison.Ordinal) || text.StartsWith("rediss://", StringComparison.Ordinal);
    }

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <param name="extraOptions">Options that the caller understands; it asks for them with <see cref="TryGetNumber"/>.</param>
    /// <param name="address">The address, or null.</param>
    /// <param name="complaint">The error in it, without the password.</param>
    public static bool TryParse(
        string text, IReadOnlyCollection<string> extraOptions, [NotNullWhen(true)] out RemoteAddress? address,
        [NotNullWhen(false)] out string? complaint)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(extraOptions);
        address = null;
        if (!IsOne(text))
        {
            complaint = "the address of a store begins with redis:// or rediss://";
            return false;
        }

        bool isEncrypted = text.StartsWith("rediss:", StringComparison.Ordinal);
        string rest = text[(text.IndexOf("//", StringComparison.Ordinal) + 2)..];
        string query = CutAt(ref rest, rest.IndexOf('?', StringComparison.Ordinal));
        string name = CutAt(ref rest, rest.IndexOf('/', StringComparison.Ordinal));
        string? password = Environment.GetEnvironmentVariable(PasswordVariable);
        int at = rest.LastIndexOf('@');
        if (at >= 0)
        {
            if (rest.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && colon < at && rest[..colon] is not "default")
            {
                complaint = "the client knows passwords and no users: write :PASSWORD@HOST";
                return false;
            }

            int start = rest.IndexOf(':', StringComparison.Ordinal);
            password = Uri.UnescapeDataString(rest[(start < at ? start + 1 : 0)..at]);
            rest = rest[(at + 1)..];
        }

        if (!TryReadServers(rest, out ImmutableArray<string> servers, out complaint)) return false;
        RemoteAddress read = new(servers, Uri.UnescapeDataString(name))
        {
            IsEncrypted = isEncrypted,
            Password = string.IsNullOrEmpty(password) ? null : password,
        };
        complaint = read.ReadOptions(query, extraOptions);
        if (complaint is not null) return false;
        address = read;
        return true;
    }

    /// <summary>The number that an option of the caller's has.</summary>
    /// <param name="option">The option.</param>
    /// <param name="min">The least number that makes sense.</param>
    /// <param name="max">The greatest one.</param>
    /// <param name="number">The number; unchanged if the option was not given.</param>
    /// <returns>False if the option was given, and is no such number.</returns>
    public bool TryGetNumber(string option, int min, int max, ref int number)
    {
        ArgumentNullException.ThrowIfNull(option);
        if (!_options.TryGetValue(option, out string? text)) return true;
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int given) && given >= min && given <= max;
        if (isNumber) number = given;
        return isNumber;
    }

    /// <summary>The text that an option of the caller's has; null if it was not given.</summary>
    public string? TextOf(string option)
    {
        ArgumentNullException.ThrowIfNull(option);
        return _options.GetValueOrDefault(option);
    }

    /// <summary>The address without its password and options.</summary>
    public override string ToString() =>
        $"{(IsEncrypted ? "rediss" : "redis")}://{string.Join(',', Servers)}{(Name.Length > 0 ? "/" + Name : "")}";

    private static string CutAt(ref string text, int index)
    {
        if (index < 0) return "";
        string cut = text[(index + 1)..];
        text = text[..index];
        return cut;
    }

    private static bool TryReadServers(string text, out ImmutableArray<string> servers, [NotNullWhen(false)] out string? complaint)
    {
        ImmutableArray<string>.Builder found = ImmutableArray.CreateBuilder<string>();
        servers = [];
        foreach (string server in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = server.LastIndexOf(':');
            bool hasPort = colon > 0 && server[^1] != ']';
            bool isPort = !hasPort || ushort.TryParse(server.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _);
            if (!isPort)
            {
                complaint = $"a server is HOST:PORT, not '{server}'";
                return false;
            }

            found.Add(hasPort ? server : string.Create(CultureInfo.InvariantCulture, $"{server}:{DefaultPort}"));
        }

        servers = found.DrainToImmutable();
        complaint = servers.IsEmpty ? "the address names no server" : null;
        return complaint is null;
    }

    private string? ReadOptions(string query, IReadOnlyCollection<string> extraOptions)
    {
        foreach (string pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string option = equals < 0 ? pair : pair[..equals], value = equals < 0 ? "" : Uri.UnescapeDataString(pair[(equals + 1)..]);
            if (!TryTake(option, value) && !extraOptions.Contains(option, StringComparer.Ordinal))
                return $"'{pair}' is no option here, or not what it can be";
            _options[option] = value;
        }

        return null;
    }

    private bool TryTake(string option, string value)
    {
        bool isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        switch (option)
        {
            case "db" when isNumber && number < 1 << 14:
                Database = number;
                return true;
            case "prefix" when StoreDirectory.IsName(value):
                Prefix = value;
                return true;
            case "ttl" when isNumber && number >= 10:
                TimeToLive = TimeSpan.FromSeconds(number);
                return true;
            case "timeout" when isNumber && number >= 10:
                Timeout = TimeSpan.FromMilliseconds(number);
                return true;
            case "patience" when isNumber:
                Patience = TimeSpan.FromMilliseconds(number);
                return true;
            case "certificate" when value.Length > 0:
                CertificateName = value;
                return true;
            default:
                return false;
        }
    }
}
