using System.Collections.Immutable;
using System.IO.Compression;

namespace Paging.Traces.Reading;

/// <summary>
/// Unpacks gzip and detects a missing end: the class library's stream takes a file cut short for a shorter file.
/// </summary>
/// <remarks><code>
///   packed    │ the user's data (one member or several)    │ a member of ours: the seal │
///   unpacked  │ text ……………………………………………………………………………………………… │ the seal                   │
///
/// If the user's data end where a member ends, the seal comes out last, and is held back. If they end anywhere else, the
/// seal is taken for a part of them and does not come out as itself; the same when something that is no gzip follows.
/// </code></remarks>
internal sealed class WholeGzipStream : ReadOnlyStream
{
    /// <summary>The message for a wrong checksum.</summary>
    public const string CutShort = "cut short, or followed by something else";

    private static readonly ImmutableArray<byte> PackedSeal = [.. Pack(Seal)];
    private readonly JoinedStream _packed;
    private readonly GZipStream _unpacked;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start, _end;    // unpacked bytes that wait; the last of them may be the seal
    private bool _isAtEnd;

    public WholeGzipStream(Stream packed)
    {
        _packed = new(packed, new MemoryStream([.. PackedSeal], writable: false));
        _unpacked = new(_packed, CompressionMode.Decompress);
    }

    /// <exception cref="InvalidDataException">The data are damaged, or end too soon.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (_end - _start <= Seal.Length)
            if (_isAtEnd || !Fill()) return 0;
        int count = Math.Min(buffer.Length, _end - _start - Seal.Length);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    /// <summary>Explains nonsense in the text: near the end it may be the seal, unpacked as if it were data that are missing.</summary>
    public bool IsCutShort()
    {
        if (!_packed.IsAtLast) return false;
        try
        {
            while (!_isAtEnd)
            {
                _start = Math.Max(_start, _end - Seal.Length);    // text that was delivered already
                Fill();
            }
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _unpacked.Dispose();
        base.Dispose(disposing);
    }

    private bool Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        int count = _unpacked.Read(_buffer.AsSpan(_end));
        _end += count;
        if (count > 0) return true;
        _isAtEnd = true;
        return _buffer.AsSpan(0, _end).SequenceEqual(Seal) ? false : throw new InvalidDataException(CutShort);
    }

    private static ReadOnlySpan<byte> Seal => "\0end of the packed data\0"u8;

    private static byte[] Pack(ReadOnlySpan<byte> bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
