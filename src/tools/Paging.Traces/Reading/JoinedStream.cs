namespace Paging.Traces.Reading;

/// <summary>Several streams read as one, one after the other; it owns them.</summary>
internal sealed class JoinedStream(params Stream[] parts) : ReadOnlyStream
{
    private int _part;

    /// <summary>True when all parts but the last have been read to their ends.</summary>
    public bool IsAtLast => _part >= parts.Length - 1;

    public override int Read(Span<byte> buffer)
    {
        for (; _part < parts.Length; _part++)
            if (parts[_part].Read(buffer) is > 0 and var count) return count;
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            foreach (Stream part in parts) part.Dispose();
        base.Dispose(disposing);
    }
}
