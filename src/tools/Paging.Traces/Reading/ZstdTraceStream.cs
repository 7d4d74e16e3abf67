using ZstdSharp;

namespace Paging.Traces.Reading;

/// <summary>Unpacks zstd (RFC 8878). Damaged data and a missing end are an <see cref="InvalidDataException"/>, as with gzip.</summary>
internal sealed class ZstdTraceStream(Stream packed) : ReadOnlyStream
{
    /// <summary>The beginning of each message, which names the packer.</summary>
    public const string Kind = "zstd";

    private readonly DecompressionStream _unpacked = new(packed, leaveOpen: false);

    /// <summary>The first bytes of a frame. RFC 8878, section 3.1.1.</summary>
    public static ReadOnlySpan<byte> Magic => [0x28, 0xB5, 0x2F, 0xFD];

    /// <exception cref="InvalidDataException">The data are damaged, or end too soon.</exception>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _unpacked.Read(buffer);
        }
        catch (ZstdException exception)
        {
            throw new InvalidDataException($"{Kind}: {exception.Message}", exception);
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException($"{Kind}: cut short", exception);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _unpacked.Dispose();
        base.Dispose(disposing);
    }
}
