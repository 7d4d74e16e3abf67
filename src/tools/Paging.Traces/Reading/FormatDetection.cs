namespace Paging.Traces.Reading;

/// <summary>Finds the form of a trace by its first line that is not blank, or by its first record.</summary>
/// <remarks>No line fits two of them but a lone number, which means the same as a LIRS block and as a CSV page.</remarks>
internal static class FormatDetection
{
    private const string Expected = "not a line of lackey (I 0401ab70,3), address (s 0x1fffff50 1), arc (first count ignored request), "
        + "lirs (block), drmemtrace's view (read 8 byte(s) @ 0x7ffd), perf script (cpu/mem-loads/: 7ffd) or csv ("
        + CsvFormat.Columns + ")";

    /// <summary>Finds the form; the line will be read again.</summary>
    /// <exception cref="TraceFormatException">The line fits no format, or the trace is empty.</exception>
    public static TraceFormat Detect(LineReader lines, string file)
    {
        if (OracleGeneralReader.IsOne(lines.Peek(OracleGeneralReader.RecordByteLength))) return TraceFormat.OracleGeneral;
        while (lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (TraceErrors.IsPassedOver(line)) continue;
            TraceFormat format = FormatOf(line);
            if (format == TraceFormat.Auto) throw lines.Refuse(Expected, line);
            lines.Unread();
            return format;
        }
        throw new TraceFormatException(file, lines.Line + 1, "empty: there is no line to tell the format by");
    }

    private static TraceFormat FormatOf(ReadOnlySpan<byte> line)
    {
        if (Fits<LirsFormat>(line)) return TraceFormat.Lirs;
        if (Fits<ArcFormat>(line)) return TraceFormat.Arc;
        if (Fits<AddressFormat>(line)) return TraceFormat.Address;
        if (Fits<LackeyFormat>(line)) return TraceFormat.Lackey;
        if (Fits<DrmemtraceFormat>(line)) return TraceFormat.Drmemtrace;
        if (PerfFormat.IsEvent(line)) return TraceFormat.Perf;
        return Fits<CsvFormat>(line) && !CsvFormat.IsLoneName(line) ? TraceFormat.Csv : TraceFormat.Auto;
    }

    private static bool Fits<TFormat>(ReadOnlySpan<byte> line) where TFormat : struct, ITraceFormat =>
        default(TFormat).Read(line, out _, out _) is null;
}
