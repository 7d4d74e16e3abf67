namespace Paging.Remote;

/// <summary>One content of pages on the servers. Slots with equal pages share it.</summary>
/// <remarks><code>
///   staged ── batch sent ──► sent ── acknowledged, replicas too ──► kept ── last user gone ──► deleted
///     ▲   Value is here        │                                     Value is null
///     └────── failed ──────────┘    under another number, if its server is away
/// </code>
/// Some 100 bytes of host memory each, and <see cref="Value"/> until the servers have it.</remarks>
/// <param name="hash">The first half of the SHA-256 of the page.</param>
internal sealed class FarPage(UInt128 hash)
{
    /// <summary>By which equal pages are found.</summary>
    public UInt128 Hash { get; } = hash;

    /// <summary>The number in its key. Never used twice, so a late answer or deletion cannot meet another page.</summary>
    public ulong Number { get; set; }

    /// <summary>The number of slots that hold it.</summary>
    public int Users { get; set; }

    /// <summary>The value, until the servers have acknowledged it.</summary>
    public byte[]? Value { get; set; }

    /// <summary>The answer under way, if the page was requested ahead of its use.</summary>
    public Task<byte[]?>? Arriving { get; set; }

    /// <summary>Its use asks for the next pages of a stream.</summary>
    public bool ContinuesStream { get; set; }
}
