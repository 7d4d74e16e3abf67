namespace Paging.Traces.Reading;

/// <summary>Reads a trace of any length from its beginning to its end, in constant memory.</summary>
public abstract class TraceReader : IDisposable
{
    private const int LongestMagic = 6;    // of the packers

    /// <summary>True when the trace distinguishes loads from stores; final at the end of the trace.</summary>
    public abstract bool HasStores { get; }

    /// <summary>The form of the lines; never <see cref="TraceFormat.Auto"/>.</summary>
    public abstract TraceFormat Format { get; }

    /// <summary>Reads the next accesses.</summary>
    /// <returns>The number of accesses read; 0 only at the end.</returns>
    /// <exception cref="TraceFormatException">A line cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public int Read(Span<TraceAccess> accesses) => Read(accesses, []);

    /// <summary>Reads the next accesses, and which of them fetch instructions.</summary>
    /// <param name="accesses">Receives the accesses.</param>
    /// <param name="areFetches">Receives true for fetches, which lackey alone marks. As long as the accesses, or empty.</param>
    /// <returns>The number of accesses read; 0 only at the end.</returns>
    /// <exception cref="TraceFormatException">A line cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public abstract int Read(Span<TraceAccess> accesses, Span<bool> areFetches);

    /// <summary>Begins to read.</summary>
    /// <param name="stream">The trace, plain, gzip or zstd; belongs to the reader from now on.</param>
    /// <param name="file">The name in messages.</param>
    /// <param name="format">Its form.</param>
    /// <exception cref="TraceFormatException">The beginning shows no known form.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static TraceReader Open(Stream stream, string file, TraceFormat format = TraceFormat.Auto)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            LineReader lines = new(Unpack(stream, file), file);
            return Create(lines, file, format == TraceFormat.Auto ? FormatDetection.Detect(lines, file) : format);
        }
        catch (InvalidDataException exception)
        {
            stream.Dispose();
            throw TraceErrors.Unpacking(file, 1, exception.Message);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the stream.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>The stream's text, unpacked if it begins as gzip or zstd does, regardless of its name; it owns the stream.</summary>
    /// <exception cref="TraceFormatException">It begins as a file of another packer does.</exception>
    private static Stream Unpack(Stream stream, string file)
    {
        byte[] beginning = new byte[LongestMagic];
        int count = stream.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false);
        JoinedStream whole = new(new MemoryStream(beginning, 0, count, writable: false), stream);
        return beginning.AsSpan(0, count) switch
        {
            [0x1F, 0x8B, ..] => new WholeGzipStream(whole),
            var bytes when bytes.StartsWith(ZstdTraceStream.Magic) => new ZstdTraceStream(whole),
            var bytes => PackerOf(bytes) is { } packer
                ? throw new TraceFormatException(
                    file, 1, $"packed by {packer}, which is not read: unpack it first, or pack it with gzip or zstd")
                : whole,
        };
    }

    private static string? PackerOf(ReadOnlySpan<byte> beginning) => beginning switch
    {
        [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => "xz",
        [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', 0x31, 0x41, ..] => "bzip2",    // then the digits of pi
        [0x04, 0x22, 0x4D, 0x18, ..] => "lz4",
        [0x5D, 0, 0, _, 0, ..] => "lzma",
        [(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => "7-Zip",
        [(byte)'P', (byte)'K', 3, 4, ..] => "ZIP",
        _ => null,
    };

    private static TraceReader Create(LineReader lines, string file, TraceFormat format) => format switch
    {
        TraceFormat.Lackey => new TraceReader<LackeyFormat>(lines, new(), file, format),
        TraceFormat.Address => new TraceReader<AddressFormat>(lines, new(), file, format),
        TraceFormat.Arc => new TraceReader<ArcFormat>(lines, new(), file, format),
        TraceFormat.Lirs => new TraceReader<LirsFormat>(lines, new(), file, format),
        TraceFormat.Csv => new TraceReader<CsvFormat>(lines, new(), file, format),
        TraceFormat.Drmemtrace => new TraceReader<DrmemtraceFormat>(lines, new(), file, format),
        TraceFormat.Perf => new TraceReader<PerfFormat>(lines, new(), file, format),
        TraceFormat.ChampSim => new ChampSimReader(lines, file),
        TraceFormat.OracleGeneral => new OracleGeneralReader(lines, file),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };
}

/// <summary>The reader for one form of lines.</summary>
internal sealed class TraceReader<TFormat>(LineReader lines, TFormat lineFormat, string file, TraceFormat format) : TraceReader
    where TFormat : struct, ITraceFormat
{
    private PageRun _rest;    // of a line of which not everything fitted

    public override bool HasStores => lineFormat.HasStores;

    public override TraceFormat Format => format;

    public override int Read(Span<TraceAccess> accesses, Span<bool> areFetches)
    {
        int count = 0;
        try
        {
            while (count < accesses.Length && (_rest.Count > 0 || TryReadRun()))
            {
                int part = Math.Min(_rest.Count, accesses.Length - count);
                for (int index = 0; index < part; index++) accesses[count + index] = new(_rest.First + (uint)index, _rest.IsStore);
                if (!areFetches.IsEmpty) areFetches.Slice(count, part).Fill(_rest.IsFetch);
                _rest = _rest with { First = _rest.First + (uint)part, Count = _rest.Count - part };
                count += part;
            }
        }
        catch (InvalidDataException exception)
        {
            throw TraceErrors.Unpacking(file, lines.Line + 1, exception.Message);
        }
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) lines.Dispose();
    }

    /// <summary>Reads lines until one records accesses; false at the end.</summary>
    private bool TryReadRun()
    {
        while (lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (TraceErrors.IsPassedOver(line)) continue;
            if (lineFormat.Read(line, out _rest, out int place) is { } reason) throw lines.Refuse(reason, line, place);
            if (_rest.Count > 0) return true;
        }
        return false;
    }
}
